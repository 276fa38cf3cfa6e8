"""Text, agreed words, lists, part numbers and credit codes."""

import pytest
from chip_channel.contracts import contract
from chip_channel.intake.normalise import Form, repair
from hypothesis import given
from hypothesis import strategies as st
from support.dealer import environment
from support.reading import series
from support.reference import USC_VALUES, usc_check_character

STATUS = contract("stock").by_name["status"]
MPN = contract("stock").by_name["mpn"]
LOT = contract("stock").by_name["lot"]
USC = contract("dealer").by_name["usc_code"]
REGIONS = contract("dealer").by_name["regions"]
PUBLISHED = "91350100M000100Y43"
"""The example printed in GB 32100-2015."""


def value(text: str, column) -> str | None:
    done = repair(series(text), column, Form())
    return "refused" if done.bad is not None and done.bad[0] else done.values[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  A-1 ", "A-1"), ("ＡＢＣ１２", "ABC12"), ("\u3000甲\u3000", "甲"), ("", None), ("   ", None),
        ("\u200b", None), ("A\u200bB", "A B"), ("A\tB", "A B"), ("A\nB", "A B"), ("\ufeffA", "A"),
        ("A\u202eB", "A B"), ("ﬁ", "fi"), ("5µ", "5μ"), ("e\u0301", "é"), ("\\N", "\\N"), ("\\.", "\\."),
        ("NULL", "NULL"), ("a'b\"c", "a'b\"c"), ("'; drop table x; --", "'; drop table x; --"),
    ],
)  # fmt: skip
def test_text_is_folded_and_trimmed_and_otherwise_kept(text, expected):
    assert value(text, LOT) == expected


def test_taking_out_what_nobody_sees_is_a_warning():
    done = repair(series("A\u200bB", "AB", "ＡＢ", " AB"), LOT, Form())
    assert done.repaired.to_list() == [True, False, False, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("available", "available"), (" Available ", "available"), ("IN_TRANSIT", "in_transit"),
     ("ｒｅｔｕｒｎ", "return"), ("sold", "refused"), ("in transit", "refused"), ("", None)],
)  # fmt: skip
def test_an_agreed_word_in_any_case(text, expected):
    assert value(text, STATUS) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("华东;华南", "华东|华南"), ("华东、华南，华北", "华东|华南|华北"), ("A | B", "A|B"), (" A ", "A"),
     ("A;; B;", "A|B"), ("", None)],
)  # fmt: skip
def test_a_list_in_any_separator(text, expected):
    assert value(text, REGIONS) == expected


@pytest.mark.parametrize("text", ["1.23457E+12", "1E+3", "2.5e+10"])
def test_a_part_number_that_excel_made_a_number_of_is_refused(text):
    assert value(text, MPN) == "refused"


@pytest.mark.parametrize("text", ["1234567890123", "STM32F103C8T6", "1E3", "LM358-E+1", "0402"])
def test_a_part_number_that_only_looks_odd_stands(text):
    assert value(text, MPN) == text


def test_a_field_longer_than_the_cap_is_refused():
    with environment(max_field_chars="100"):
        assert value("x" * 100, LOT) == "x" * 100
        assert value("x" * 101, LOT) == "refused"


def test_the_reference_agrees_with_the_published_code():
    assert usc_check_character(PUBLISHED[:17]) == PUBLISHED[17]
    assert value(PUBLISHED, USC) == PUBLISHED


@given(st.text(alphabet="".join(USC_VALUES), min_size=17, max_size=17))
def test_exactly_one_check_character_of_31_is_right(first_17):
    right = usc_check_character(first_17)
    codes = series(*(first_17 + c for c in USC_VALUES))
    done = repair(codes, USC, Form())
    assert done.bad.to_list() == [c != right for c in USC_VALUES]


@given(st.sampled_from(list(USC_VALUES)), st.integers(0, 16))
def test_one_wrong_character_is_always_found(character, position):
    changed = PUBLISHED[:position] + character + PUBLISHED[position + 1 :]
    assert (value(changed, USC) == changed) == (changed == PUBLISHED)


@pytest.mark.parametrize("text", ["9135", PUBLISHED + "0", PUBLISHED.lower(), "I" * 18, "中" * 18])
def test_a_credit_code_of_the_wrong_form_is_refused(text):
    assert value(text, USC) == "refused"
