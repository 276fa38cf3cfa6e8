"""Laws of the reader of delimited files, over arbitrary bytes."""

import pytest
from chip_channel.intake import delimited
from chip_channel.intake.codes import Fatal
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.dealer import shape_of
from support.reading import Read, read_bytes
from support.reference import csv_rows

NAMES = ["a", "b", "c"]
DELIMITERS = [",", ";", "\t", "|"]
ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "big5"]
LINE_ENDS = ["\n", "\r\n", "\r"]

wild_pieces = st.sampled_from(
    [
        b"1",
        b"x",
        b" ",
        b",",
        b",",
        b";",
        b"\t",
        b"|",
        b'"',
        b'""',
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"\0",
        b"\n\n",
        b"\xff",
        b"\xef\xbb\xbf",
        "中".encode(),
        "中".encode("gb18030"),
        b"\\",
        b"'",
        b"a,b,c\n",
        b"1,2,3\n",
        b'1,"2\n2",3\n',
        b'1,"2,3\n',
        b",,\n",
        b"\t\t\n",
        b"1,2\n",
        b"1,2,3,4\n",
    ]
)
wild = st.lists(wild_pieces, max_size=40).map(b"".join)


def header(delimiter: str) -> bytes:
    return delimiter.join(NAMES).encode() + b"\n"


def outcome(data: bytes, **changes) -> Read | str:
    try:
        return read_bytes(data, shape_of(NAMES, **changes))
    except Fatal as fatal:
        return fatal.code


def physical_lines(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n") and text != "")


@given(wild, st.sampled_from(DELIMITERS))
@example(b'1,"x,3\n1,2,3\n9,"y,3\n', ",")
def test_every_physical_line_belongs_to_exactly_one_record(data, delimiter):
    """Good, refused or skipped: the records lie side by side and cover the file."""
    data = header(delimiter) + data
    read = outcome(data, delimiter=delimiter)
    assert isinstance(read, Read)
    assert not read.rows.keys() & read.refused.keys()
    assert read.entries == len(read.rows) + len(read.refused), "a line number came twice"
    text = data.decode(errors="replace").replace("\r\n", "\n")
    assert "\n" in text  # so that a lone \r is no line end
    at = 1
    for row_no in sorted(read.spans):
        assert row_no == at, "a line is missing"
        at += read.spans[row_no]
    assert at == physical_lines(text) + 1


@given(wild, st.sampled_from(DELIMITERS), st.integers(12, 60))
@settings(max_examples=200)
@example(b'1,5" x,3\n' + b'1,"x\ny",3\n' * 8, ",", 20)
def test_where_a_chunk_ends_changes_nothing(data, delimiter, chunk):
    data = header(delimiter) + data
    whole = outcome(data, delimiter=delimiter)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "CHUNK", chunk)
        parts = outcome(data, delimiter=delimiter)
    if parts == "F_TOO_LARGE":  # a line longer than two of these chunks
        assert max(map(len, data.decode(errors="replace").split("\n"))) > 2 * chunk - 4
        return
    assert parts == whole


plain_cells = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters='"�\ufeff'),
    max_size=6,
)


@given(st.lists(st.tuples(plain_cells, plain_cells, plain_cells), max_size=12), st.data())
def test_the_fast_path_and_the_careful_path_agree(rows, data):
    delimiter = data.draw(st.sampled_from(DELIMITERS))
    lines = [delimiter.join(c.replace(delimiter, "") for c in row) for row in rows]
    content = header(delimiter) + "\n".join(lines).encode()
    fast = outcome(content, delimiter=delimiter)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited._Reader, "_fast", lambda *_: None)
        careful = outcome(content, delimiter=delimiter)
    assert fast == careful


cells = st.text(
    st.characters(
        codec="gb18030", categories=["L", "N", "P", "Zs", "S"], exclude_characters='"�\ufeff'
    )
    | st.sampled_from(['"', "\n", ",", ";", "\t", "|", "'", "\\"]),
    max_size=8,
)


def quoted(cell: str, delimiter: str, always: bool) -> str:
    if always or any(c in cell for c in ('"', "\n", "\r", delimiter)):
        return '"' + cell.replace('"', '""') + '"'
    return cell


@given(st.lists(st.tuples(cells, cells, cells), max_size=12), st.data())
@settings(max_examples=200)
def test_a_well_formed_file_reads_as_pythons_csv_module_reads_it(rows, data):
    delimiter = data.draw(st.sampled_from(DELIMITERS))
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    always = data.draw(st.booleans())
    lines = [delimiter.join(quoted(c, delimiter, always) for c in row) for row in rows]
    text = end.join([delimiter.join(NAMES), *lines]) + data.draw(st.sampled_from(["", end]))
    chunk = data.draw(st.sampled_from([64, 4096]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "CHUNK", chunk)
        read = outcome(text.encode(encoding), delimiter=delimiter, encoding=encoding)
    if read == "F_TOO_LARGE":
        return
    expected = csv_rows(text.replace("\r\n", "\n"), delimiter)
    del expected[1]
    got = {r: [c or "" for c in row] for r, row in read.rows.items()}
    blank = {r for r, (code, _) in read.refused.items() if code == "S_BLANK"}
    wanted = {r: row for r, row in expected.items() if r not in blank}
    for r in blank & expected.keys():
        assert not "".join(expected[r]).strip(), "a line with data was called blank"
    too_many_lines = {r for r, row in wanted.items() if sum(c.count("\n") for c in row) >= 20}
    assert got == {r: row for r, row in wanted.items() if r not in too_many_lines}


@pytest.mark.parametrize("end", LINE_ENDS)
@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_line_end_and_delimiter(encoding, delimiter, end):
    text = (
        end.join(delimiter.join(row) for row in (NAMES, ["甲", "2", "3"], ["4", "五", "6"])) + end
    )
    read = outcome(text.encode(encoding), delimiter=delimiter, encoding=encoding)
    assert read.rows == {2: ("甲", "2", "3"), 3: ("4", "五", "6")}


BAD = {
    "too few fields": (b"1,2\n", "E_WIDTH"),
    "too many fields": (b"1,2,3,4\n", "E_WIDTH"),
    "a quote never closed": (b'1,"x,3\n', "E_WIDTH"),
    "a quote never closed in the last field": (b'1,2,"x\n', "E_WIDTH"),
    "a quote inside a quoted field": (b'1,"5" x",3\n', "E_WIDTH"),
    "NUL": (b"1,\0,3\n", "E_ENCODING"),
    "bytes that are no text": (b"1,\xff\xfe,3\n", "E_ENCODING"),
    "blank": (b"\n", "S_BLANK"),
    "blanks": (b"  \n", "S_BLANK"),
    "delimiters alone": (b",,\n", "S_BLANK"),
    "half of a line": (b"1,2,3\r4,5\n", "E_WIDTH"),
    "10,000 open quotes": (b'1,"' + b'"' * 10_000 + b"x,3\n", "E_WIDTH"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("around", ["plain", "quoted", "over two lines"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_bad_line_costs_itself_and_no_neighbour(kind, around, times):
    bad, code = BAD[kind]
    good = {"plain": b"1,2,3\n", "quoted": b'"1","2","3"\n', "over two lines": b'1,"2\n2",3\n'}[
        around
    ]
    data = header(",") + good * 3 + (bad + good * 2) * times
    read = outcome(data)
    assert len(read.rows) == 3 + 2 * times
    codes = [c for c, _ in read.refused.values() if c != "S_HEADER"]
    assert codes == [code] * times


def test_an_inch_mark_in_an_open_field_is_a_value():
    assert outcome(header(",") + b'1,5" cable,3\n').rows == {2: ("1", '5" cable', "3")}


def test_a_million_fields_below_cost_their_line_and_in_the_header_the_file():
    wide = b"," * 1_000_000 + b"\n"
    assert len(outcome(header(",") + b"1,2,3\n" * 100 + wide + b"1,2,3\n").rows) == 101
    assert outcome(wide + b"1,2,3\n") == "F_TOO_LARGE"
