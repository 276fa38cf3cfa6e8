"""Excel workbooks: what is read, and what is refused before it can do harm."""

import io
import random
import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from chip_channel.intake.codes import Fatal
from support.dealer import HEADER, environment
from support.reading import Result, check_file
from support.workbook import repack, sheet_xml, workbook

EXCEL = {"kind": "excel", "file_name": r"s_(?P<period>\d{6})\.xlsx"}
NAMES = HEADER.split(",")
ROW = ["W1", "P1", 5, date(2026, 3, 1), 1.5, "L1"]


def check(tmp_path: Path, data: bytes, **changes) -> Result:
    path = tmp_path / "s_202603.xlsx"
    path.write_bytes(data)
    return check_file(path, **EXCEL, **changes)


def fatal(tmp_path: Path, data: bytes, **changes) -> Fatal:
    with pytest.raises(Fatal) as caught:
        check(tmp_path, data, **changes)
    return caught.value


def test_typed_cells_become_what_a_person_reads(tmp_path):
    rows = [NAMES, ROW, ["W2", 1234567890123, 0.1, datetime(2026, 3, 31, 23, 59), None, 42],
            ["W3", "P3", "１２", "2026年3月5日", "1,234.5", None]]  # fmt: skip
    done = check(tmp_path, workbook(rows))
    assert [(g["mpn"], g["qty"], g["as_of"], g["book_cost"], g["lot"]) for g in done.good.values()] == [
        ("P1", "5", date(2026, 3, 1), "1.5", "L1"),
        ("1234567890123", "0.1", date(2026, 3, 31), None, "42"),
        ("P3", "12", date(2026, 3, 5), "1234.5", None),
    ]  # fmt: skip


def test_row_numbers_are_those_of_the_sheet(tmp_path):
    done = check(
        tmp_path, workbook([[], ["Report"], [], NAMES, ROW, [], ["W2", *ROW[1:]], [None] * 6])
    )
    assert sorted(done.good) == [5, 7]
    assert done.counts.skipped == {"S_TITLE": 1, "S_BLANK": 3, "S_HEADER": 1}


def test_rows_that_begin_far_down_or_right_keep_their_place(tmp_path):
    book = openpyxl.Workbook()
    for i, row in enumerate([NAMES, ROW]):
        for j, value in enumerate(row):
            book.active.cell(20 + i, 3 + j, value)
    out = io.BytesIO()
    book.save(out)
    assert sorted(check(tmp_path, out.getvalue()).good) == [21]


def test_the_sheet_is_found_by_its_name(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["nothing"])
    sheet = book.create_sheet("库存")
    sheet.append(NAMES)
    sheet.append(ROW)
    out = io.BytesIO()
    book.save(out)
    assert len(check(tmp_path, out.getvalue(), sheet="库存").good) == 1
    found = fatal(tmp_path, out.getvalue(), sheet="销售")
    assert (found.code, "库存" in found.detail) == ("F_HEADER", True)


def test_a_formula_counts_by_its_stored_value_and_an_error_is_no_value(tmp_path):
    data = workbook([NAMES, ROW, ["W2", *ROW[1:]]])
    sheet = sheet_xml(data)
    with_formula = sheet.replace(b"<v>5</v>", b"<f>2+3</f><v>5</v>", 1)
    assert check(tmp_path, repack(data, with_formula)).good[2]["qty"] == "5"
    first = re.search(rb'<c r="C2"[^>]*>', sheet)[0]
    broken = sheet.replace(first + b"<v>5</v>", b'<c r="C2" t="e"><v>#REF!</v></c>'[:-4], 1)
    assert 2 not in check(tmp_path, repack(data, broken)).good


def test_nul_in_a_cell_can_be_stored(tmp_path):
    done = check(tmp_path, workbook([NAMES, ["W1", "P_x0000_1", "x", "", 1, "a_x0000_b"]]))
    assert done.counts.quarantined == 1


TOO_LARGE = {
    "a dimension that lies": (rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"'),
    "a far cell": (rb"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
    "a far cell, no dimension": (
        rb"<dimension[^>]*/>(.*)</sheetData>",
        rb'\1<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_a_sheet_that_claims_the_world_is_refused_unread(tmp_path, kind, monkeypatch):
    data = workbook([NAMES, ROW])
    bent = re.sub(*TOO_LARGE[kind], sheet_xml(data), flags=re.DOTALL)
    assert bent != sheet_xml(data)
    monkeypatch.setattr("fastexcel.read_excel", lambda *_: pytest.fail("it was opened"))
    assert fatal(tmp_path, repack(data, bent)).code == "F_TOO_LARGE"


def test_a_zip_bomb_is_refused_unread(tmp_path, monkeypatch):
    data = workbook([NAMES, ROW])
    pad = b"<!--" + b" " * 80_000_000 + b"-->"
    bent = repack(data, sheet_xml(data).replace(b"</worksheet>", pad + b"</worksheet>"))
    assert len(bent) < 200_000
    monkeypatch.setattr("fastexcel.read_excel", lambda *_: pytest.fail("it was opened"))
    assert fatal(tmp_path, bent).code == "F_TOO_LARGE"


def test_entities_are_refused(tmp_path):
    data = workbook([NAMES, ROW])
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    head, rest = sheet_xml(data).split(b"<worksheet", 1)
    found = fatal(tmp_path, repack(data, head + laughs + b"<worksheet" + rest))
    assert (found.code, "entities" in found.detail) == ("F_UNREADABLE", True)


def test_too_many_columns_are_refused(tmp_path):
    assert (
        fatal(tmp_path, workbook([NAMES + [f"c{i}" for i in range(1000)], ROW])).code
        == "F_TOO_LARGE"
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n\n", b"PK", b"not a workbook", HEADER.encode(), bytes(range(256)) * 40,
     b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
     b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random.Random(1).randbytes(5000)],  # noqa: S311
    ids=["empty", "blank", "two bytes", "text", "a csv", "bytes", "an empty .xls", "a spoiled .xls"],
)  # fmt: skip
def test_what_is_no_workbook_is_unreadable(tmp_path, data):
    assert fatal(tmp_path, data).code == "F_UNREADABLE"


def test_an_empty_sheet_and_a_header_alone(tmp_path):
    assert fatal(tmp_path, workbook([])).code == "F_UNREADABLE"
    done = check(tmp_path, workbook([NAMES]))
    assert (done.counts.read, done.counts.skipped) == (1, {"S_HEADER": 1})


def test_a_zip_that_is_no_workbook_is_unreadable(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert fatal(tmp_path, out.getvalue()).code == "F_UNREADABLE"


def outcome(tmp_path: Path, data: bytes) -> str | int:
    try:
        return check(tmp_path, data).counts.accepted
    except Fatal as error:
        return error.code


def test_a_workbook_cut_anywhere_is_refused(tmp_path):
    data = workbook([NAMES, *(["W1", f"P{i}", *ROW[2:]] for i in range(30))])
    for end in range(0, len(data) - 1, max(1, len(data) // 150)):
        assert outcome(tmp_path, data[:end]) == "F_UNREADABLE", f"cut at {end}"


def test_a_workbook_with_a_spoiled_byte_is_refused_or_whole(tmp_path):
    """A byte that is not part of the sheet's data may differ; nothing else gives a part."""
    data = workbook([NAMES, *(["W1", f"P{i}", *ROW[2:]] for i in range(30))])
    source = random.Random(7)  # noqa: S311
    with environment(max_excel_cells="100000"):
        for at in source.sample(range(len(data)), 150):
            bent = bytearray(data)
            bent[at] ^= 1 + source.randrange(255)
            found = outcome(tmp_path, bytes(bent))
            assert found in (30, "F_UNREADABLE", "F_HEADER", "F_TOO_LARGE"), f"byte {at}: {found}"
