"""Nothing that we hand to a dealer is a formula when a spreadsheet opens it."""

import csv
import io

import pytest
from chip_channel.intake.rejects import _row, inert
from hypothesis import given
from hypothesis import strategies as st

FORMULA = tuple("=+-@\t\r＝＋－＠")
hostile = st.text(st.sampled_from("=+-@\t\r\n '\"＝＋－＠a1,;\u3000\xa0"), max_size=10) | st.text(
    max_size=10
)


def original(cell: str) -> str:
    """What a reader of the file does to have the value back."""
    return cell[1:] if cell.startswith("'") and inert(cell[1:]) == cell else cell


@given(hostile)
def test_no_cell_begins_a_formula_even_after_blanks(value):
    assert not inert(value).lstrip(" \n\xa0\u3000").startswith(FORMULA)


@given(hostile)
def test_the_value_can_be_had_back(value):
    assert original(inert(value)) == value


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1",
                                   "=cmd|' /C calc'!A0", "＝1", "'=1"])  # fmt: skip
def test_known_attacks_are_text(value):
    assert inert(value) == "'" + value


@pytest.mark.parametrize("value", ["12", "P-1", "甲", "a=b", "", "it's", "'quoted'"])
def test_plain_values_stay_as_they_are(value):
    assert inert(value) == value


@given(hostile, hostile, hostile)
def test_a_row_read_again_from_the_file_holds_no_formula(value, expected, line):
    out = io.StringIO(newline="")
    csv.writer(out).writerow(
        _row(1, "E_ENUM", "qty", value, expected, line, columns={"qty": value})
    )
    (cells,) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert not [c for c in cells if c.lstrip(" \n\xa0\u3000").startswith(FORMULA)]
    assert [original(cells[i]) for i in (3, 5, 6, 8)] == [value, value, expected, line]
