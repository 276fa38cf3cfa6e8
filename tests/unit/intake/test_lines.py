"""What makes a line good, and what the dealer is told when it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.dealer import COLUMNS, HEADER
from support.reading import check_bytes

GOOD = "W1,P1,5,2026-03-01,1.5,L1"


def lines(*given: str) -> str:
    return "\n".join([HEADER, *given]) + "\n"


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        pytest.param(",P1,5,2026-03-01,1.5,L", "E_REQUIRED", "location_id", id="no location"),
        pytest.param("W1,  ,5,2026-03-01,1.5,L", "E_REQUIRED", "mpn", id="a blank part"),
        pytest.param("W1,\u200b,5,2026-03-01,1.5,L", "E_REQUIRED", "mpn", id="an invisible part"),
        pytest.param("W1,1.2E+11,5,2026-03-01,1.5,L", "E_FORMAT", "mpn", id="Excel ate the part"),
        pytest.param("W1,P1,five,2026-03-01,1.5,L", "E_QTY_NUMBER", "qty", id="no number"),
        pytest.param("W1,P1,,2026-03-01,1.5,L", "E_REQUIRED", "qty", id="no quantity"),
        pytest.param("W1,P1,-5,2026-03-01,1.5,L", "E_STOCK_NEG", "qty", id="negative stock"),
        pytest.param("W1,P1,5,2026-02-30,1.5,L", "E_DATE", "as_of", id="no such day"),
        pytest.param("W1,P1,5,2026-04-01,1.5,L", "E_DATE_PERIOD", "as_of", id="after the period"),
        pytest.param("W1,P1,5,2026-02-28,1.5,L", "E_DATE_PERIOD", "as_of", id="before the period"),
        pytest.param("W1,P1,5,2026-03-01,free,L", "E_PRICE_NUMBER", "book_cost", id="no price"),
        pytest.param("W1,P1,5,2026-03-01,-1,L", "E_PRICE_NUMBER", "book_cost", id="price below 0"),
    ],
)
def test_one_fault_gives_one_issue_and_costs_one_line(line, code, field):
    done = check_bytes(lines(GOOD, line, GOOD.replace("W1", "W2")))
    assert sorted(done.good) == [2, 4]
    assert [i for i in done.issues if i[0] == 3 and i[1] != "W_TEXT_REPAIRED"] == [(3, code, field)]
    assert done.counts.quarantined == 1


def test_a_line_with_three_faults_is_one_line_and_three_issues():
    done = check_bytes(lines(",P1,five,2026-02-30,1.5,L"))
    assert sorted(done.codes(2)) == ["E_DATE", "E_QTY_NUMBER", "E_REQUIRED"]
    assert done.counts.quarantined == 1


def test_a_delta_may_correct_a_day_before_its_period_but_not_after():
    early, late = "W1,P1,5,2026-02-28,1.5,L", "W1,P1,5,2026-04-01,1.5,L"
    done = check_bytes(lines(early, late), mode="delta")
    assert sorted(done.good) == [2]
    assert done.codes(3) == ["E_DATE_PERIOD"]


def test_the_first_good_line_of_a_key_stands():
    bad = GOOD.replace(",5,", ",x,")
    done = check_bytes(lines(bad, GOOD, GOOD.replace(",5,", ",6,"), " W1 ,Ｐ1,7,20260301,1,L1"))
    assert {r: g["qty"] for r, g in done.good.items()} == {3: "5"}
    assert [done.codes(r) for r in (2, 4, 5)] == [["E_QTY_NUMBER"], ["E_DUP_LINE"], ["E_DUP_LINE"]]


def test_with_exact_line_only_the_same_line_is_a_duplicate():
    done = check_bytes(lines(GOOD, GOOD.replace(",5,", ",6,"), GOOD), duplicates="exact_line")
    assert sorted(done.good) == [2, 3]
    assert done.codes(4) == ["E_DUP_LINE"]


def test_keys_do_not_run_into_each_other():
    done = check_bytes(lines("W1,1P,5,2026-03-01,1,L", "W11,P,5,2026-03-01,1,L"))
    assert len(done.good) == 2


@pytest.mark.parametrize(
    ("source", "cell", "expected"),
    [
        pytest.param({"map": {"可用": "available"}}, "可用", "available", id="a word of the map"),
        pytest.param({"map": {"可用": "available"}}, " 可用 ", "available", id="with blanks"),
        pytest.param({"map": {"退（货）": "return"}}, "退（货）", "return", id="full-width brackets"),
        pytest.param({"map": {"退（货）": "return"}}, "退(货)", "return", id="the same in ASCII"),
        pytest.param({"map": {"可用": "available"}}, "available", "available", id="our word"),
        pytest.param({"map": {"可用": "available"}}, "坏", None, id="a word of nobody"),
        pytest.param({"map": {"可用": "available"}, "default": "return"}, "坏", "return", id="default"),
        pytest.param({"default": "available"}, "", "available", id="default of nothing"),
        pytest.param({"default": "available"}, '""', "available", id="default of quoted nothing"),
        pytest.param({"default": "available"}, "  ", "available", id="default of blanks"),
        pytest.param({"match": {"^R": "return"}, "default": "available"}, "R1", "return", id="match"),
        pytest.param({"match": {"^R": "return"}, "default": "available"}, "", "available", id="no match"),
    ],
)  # fmt: skip
def test_the_dealers_words_become_ours(source, cell, expected):
    columns = COLUMNS | {"status": {"from": "批次", **source}}
    del columns["lot"]
    done = check_bytes(lines(f"W1,P1,5,2026-03-01,1,{cell}"), columns=columns)
    assert (done.good[2]["status"] if done.good else None) == expected


cell = st.sampled_from(["W1", "P1", "5", "-5", "x", "", " ", "2026-03-01", "2026-04-01", "1e999", "合计",
                        '"a\nb"', '"', "仓库", "\x00", "=1", "９", "甲"])  # fmt: skip


@given(
    st.lists(
        st.lists(cell, min_size=4, max_size=8).filter(lambda r: r.count("仓库") < 4), max_size=15
    )
)
def test_lines_read_are_accepted_quarantined_or_skipped_each_exactly_once(rows):
    done = check_bytes(lines(*(",".join(row) for row in rows)), subtotal=["合计"])
    errors = {r for r, code, _ in done.issues if code.startswith("E_")}
    skipped = [r for r, code, _ in done.issues if code.startswith("S_")]
    assert len(skipped) == len(set(skipped)) == done.counts.skipped_total
    assert len(errors) == done.counts.quarantined
    assert len(done.good) == done.counts.accepted
    assert not errors & done.good.keys()
    assert not errors & set(skipped)
    assert not done.good.keys() & set(skipped)
    assert done.counts.read == len(errors) + len(skipped) + len(done.good)
