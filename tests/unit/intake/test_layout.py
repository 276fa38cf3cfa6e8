"""Headers, titles, subtotals, control totals; and a layout that drifts shifts nothing in silence."""

import itertools

import pytest
from chip_channel.intake.codes import Fatal
from support.dealer import COLUMNS, HEADER, stock_line
from support.reading import check_bytes

TOTAL = {"subtotal": ["合计", "小计"], "control_total": "qty"}
A, B = "W1,P1,5,2026-03-01,1.5,L1", "W2,P2,7,2026-03-02,2.5,L2"


def file(*lines: str) -> str:
    return "\n".join([HEADER, *lines]) + "\n"


def fatal(data: str, **changes) -> Fatal:
    with pytest.raises(Fatal) as caught:
        check_bytes(data, **changes)
    return caught.value


def test_title_lines_blank_lines_and_the_header_are_skipped_with_a_reason():
    done = check_bytes(f"库存报告\n\n制表人:,李\n{HEADER}\n{A}\n\n{B}\n,,,,,\n")
    assert sorted(done.good) == [5, 7]
    assert done.counts.skipped == {"S_TITLE": 2, "S_BLANK": 3, "S_HEADER": 1}
    assert done.counts.read == 8


def test_the_header_again_on_a_second_page_is_skipped():
    done = check_bytes(file(A, HEADER, B))
    assert sorted(done.good) == [2, 4]
    assert done.codes(3) == ["S_HEADER"]


def moved(names: list[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(names)}


@pytest.mark.parametrize("order", list(itertools.permutations(range(6)))[::37])
def test_columns_in_any_order_are_read_by_their_names(order):
    def arrange(line: str) -> str:
        cells = line.split(",")
        return ",".join(cells[i] for i in order)

    straight = check_bytes(file(*(stock_line(i) for i in range(5))))
    done = check_bytes(
        "\n".join(arrange(x) for x in file(*map(stock_line, range(5))).split("\n")[:-1])
    )
    assert [{**g, "line_hash": 0} for g in done.good.values()] == [
        {**g, "line_hash": 0} for g in straight.good.values()
    ]


@pytest.mark.parametrize("at", range(7))
def test_a_column_added_anywhere_moves_nothing(at):
    def widen(line: str, cell: str) -> str:
        cells = line.split(",")
        return ",".join([*cells[:at], cell, *cells[at:]])

    done = check_bytes("\n".join([widen(HEADER, "新列"), widen(A, "99"), widen(B, "2026-01-01")]))
    assert [(g["location_id"], g["mpn"], g["qty"], g["book_cost"]) for g in done.good.values()] == [
        ("W1", "P1", "5", "1.5"), ("W2", "P2", "7", "2.5"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", HEADER.split(","))
@pytest.mark.parametrize("change", ["dropped", "renamed", "doubled"])
def test_a_mapped_column_that_is_dropped_renamed_or_doubled_refuses_the_file(name, change):
    at = HEADER.split(",").index(name)

    def bend(line: str, is_header: bool) -> str:
        cells = line.split(",")
        if change == "dropped":
            del cells[at]
        elif change == "renamed" and is_header:
            cells[at] = "旧" + cells[at]
        elif change == "doubled":
            cells.append(cells[at])
        return ",".join(cells)

    found = fatal("\n".join(bend(x, x == HEADER) for x in (HEADER, A, B)))
    assert found.code == "F_HEADER"
    assert name in found.detail


@pytest.mark.parametrize(
    "second",
    [
        pytest.param("仓库,料号,成本,日期,数量,批次", id="two columns of numbers change places"),
        pytest.param("料号,仓库,数量,日期,成本,批次", id="two columns of text change places"),
        pytest.param("仓库,料号,数量,日期,单价,批次", id="a column is renamed"),
        pytest.param("日期,仓库,料号,数量,成本,批次", id="all columns move"),
    ],
)
def test_a_second_header_that_differs_refuses_the_file(second):
    found = fatal(file(A, second, B))
    assert (found.code, "line 3" in found.detail) == ("F_HEADER", True)


def test_a_column_more_in_the_lines_than_in_the_header_refuses_each_line():
    done = check_bytes(file(A + ",x", B, A[:-3]))
    assert sorted(done.good) == [3]
    assert (done.codes(2), done.codes(4)) == (["E_WIDTH"], ["E_WIDTH"])


def test_a_merged_header_of_two_rows_is_joined():
    columns = COLUMNS | {"qty": "数量/可用", "book_cost": "成本", "lot": "批次"}
    head = "仓库,料号,数量,,日期,成本,批次\n,,可用,在途,,,\n"
    done = check_bytes(head + "W1,P1,5,9,2026-03-01,1.5,L\n", columns=columns, header_rows=2)
    assert done.good[3]["qty"] == "5"
    assert done.counts.skipped == {"S_HEADER": 2}


def test_subtotals_are_skipped_and_a_customer_called_so_is_not():
    done = check_bytes(
        file(A, "小计,,5,,,", "合计仓,P3,1,2026-03-03,1,L", B, "合计,,13,,,"), **TOTAL
    )
    assert sorted(done.good) == [2, 4, 5]
    assert done.counts.skipped == {"S_HEADER": 1, "S_SUBTOTAL": 2}


@pytest.mark.parametrize(
    ("lines", "stands"),
    [
        pytest.param([A, B, "合计,,12,,,"], True, id="equal"),
        pytest.param([A, B, "合计,,12.000,,,"], True, id="equal with zeros"),
        pytest.param([A, B, "合计,,１２,,,"], True, id="equal in full width"),
        pytest.param(
            [A, "小计,,5,,,", B, "小计,,7,,,", "合计,,12,,,"], True, id="the last one counts"
        ),
        pytest.param([A, B, "合计,,13,,,"], False, id="one more"),
        pytest.param([A, B, "合计,,12.001,,,"], False, id="a thousandth more"),
        pytest.param([A, "合计,,12,,,"], False, id="a line is missing"),
        pytest.param([A, B], False, id="no total line"),
        pytest.param([A, "W3,P3,-,2026-03-02,1,L"], False, id="cut off, and a quantity spoiled"),
        pytest.param([A, B, "合计,,,,,"], False, id="a total line without a total"),
    ],
)
def test_the_control_total_holds_or_the_file_is_refused(lines, stands):
    if stands:
        assert check_bytes(file(*lines), **TOTAL).counts.accepted == 2
    else:
        assert fatal(file(*lines), **TOTAL).code == "F_CONTROL_TOTAL"


def test_lines_in_quarantine_count_toward_the_control_total():
    done = check_bytes(file(A, "W9,,7,2026-03-02,1,L", "合计,,12,,,"), **TOTAL)
    assert (done.counts.accepted, done.counts.quarantined) == (1, 1)


def test_18_digits_add_up_exactly():
    big = [f"W1,P{i},900000000000.00{i},2026-03-01,1,L" for i in range(1, 4)]
    assert check_bytes(file(*big, "合计,,2700000000000.006,,,"), **TOTAL).counts.accepted == 3
    assert fatal(file(*big, "合计,,2700000000000.007,,,"), **TOTAL).code == "F_CONTROL_TOTAL"


def test_a_file_with_a_total_cut_at_any_byte_is_refused_or_whole():
    data = file(A, B, "W3,P3,30,2026-03-03,1,L", "合计,,42,,,").encode()
    for end in range(len(data)):
        try:
            done = check_bytes(data[:end], **TOTAL)
        except Fatal:
            continue
        assert done.counts.accepted == 3, f"a part was taken: {end} of {len(data)} bytes"
