"""How dealers write numbers; what is not sure is refused, never guessed."""

from decimal import Decimal

import pytest
from chip_channel.contracts import contract
from chip_channel.intake.normalise import Form, repair
from hypothesis import given
from hypothesis import strategies as st
from support.reading import series

QTY = contract("stock").by_name["qty"]  # numeric(18,3)
REVISION = contract("price").by_name["revision"]  # integer


def number(text: str, decimal: str = ".", column=QTY) -> Decimal | None | str:
    """The number read, None for nothing given, 'refused'."""
    done = repair(series(text), column, Form(decimal=decimal))
    if done.bad is not None and done.bad[0]:
        return "refused"
    return None if done.values[0] is None else Decimal(done.values[0])


READ = [
    ("plain", "12.5", "12.5"),
    ("full-width digits", "１２３．５", "123.5"),
    ("thousands", "1,234,567.8", "1234567.8"),
    ("full-width thousands", "１，２３４", "1234"),
    ("thousands by spaces", "1 234 567", "1234567"),
    ("thousands by no-break spaces", "1\u00a0234,5", "refused"),
    ("thousands by apostrophes", "1'234'567", "1234567"),
    ("brackets are negative", "(5)", "-5"),
    ("brackets around thousands and a mark", "(¥1,234.50)", "-1234.50"),
    ("trailing minus", "5-", "-5"),
    ("long minus", "−5", "-5"),
    ("yen mark", "￥12", "12"),
    ("mark after the number", "12 元", "12"),
    ("currency code", "CNY 12.3", "12.3"),
    ("minus before the mark", "-$5", "-5"),
    ("text mark of Excel", "'12", "12"),
    ("blanks around", "  7 ", "7"),
    ("point at the end", "5.", "5"),
    ("no digit before the point", ".5", "0.5"),
    ("plus", "+5", "5"),
    ("exponent", "1.5e3", "1500"),
    ("18 digits", "123456789012345.678", "123456789012345.678"),
    ("nothing", "   ", None),
]
REFUSED = [
    "nan", "inf", "-Infinity", "0x10", "1_000", "1e400", "1e", "1 2", "12 34", "10 20", "5¥5",
    "1,2", "1,23,456", "0,123", "1.234.567", "--5", "(-5)", "-5-", "-", "()", "¥", "10³", "½",
    "①", "٣٤", "5%", "12a", "=1+1", "1000000000000000", "999999999999999.9996", "#REF!", "TRUE",
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [pytest.param(t, e, id=i) for i, t, e in READ])
def test_a_number_is_read(text, expected):
    wanted = expected if expected in (None, "refused") else Decimal(expected)
    assert number(text) == wanted


@pytest.mark.parametrize("text", REFUSED)
def test_what_may_be_no_number_is_refused(text):
    assert number(text) == "refused"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1.234,56", "1234.56"), ("1234,5", "1234.5"), ("-0,5", "-0.5"), ("1.234", "1234")],
)
def test_a_decimal_comma_is_read_where_it_was_agreed(text, expected):
    assert number(text, ",") == Decimal(expected)


@pytest.mark.parametrize("text", ["1234.56", "1,234.56", "1,2,3"])
def test_a_decimal_point_is_refused_where_a_comma_was_agreed(text):
    assert number(text, ",") == "refused"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3", "3"), ("3.0", "3"), ("３", "3"), ("3.5", "refused"), ("0.4", "refused"),
     ("1000000000", "refused")],
)  # fmt: skip
def test_a_whole_number_has_no_part(text, expected):
    wanted = expected if expected == "refused" else Decimal(expected)
    assert number(text, column=REVISION) == wanted


def test_checks_see_a_number_as_it_will_be_stored():
    """0.0004 is stored as 0.000: a rule that asks for more than 0 must see 0."""
    done = repair(series("0.0004", "0.0005"), QTY, Form())
    assert done.typed.to_list() == [0.0, 0.0005]


@given(
    st.decimals(min_value=-(10**14), max_value=10**14, places=3, allow_nan=False),
    st.sampled_from(["{}", " {} ", "{:,}", "￥{:,}"]),
)
def test_digits_stay_as_they_were_written(value, written):
    text = written.format(value)
    wide = text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789.,-"})
    assert number(text) == value
    assert number(wide) == value


@given(st.text(max_size=12))
def test_any_text_is_a_finite_number_or_nothing_or_refused(text):
    found = number(text)
    assert found in (None, "refused") or (found.is_finite() and abs(found) < 10**15)
    assert (found is None) == (text.strip() == "") or found == "refused"
