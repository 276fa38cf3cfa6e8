"""Cases that vendors publish in their help pages, from their tables."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from chip_channel.world import WorldFiles
from support.rebate_cases import Case, numbered
from support.rebate_reference import Dealer, Line
from support.rebate_warehouse import STARTS, evaluate, published_facts, statements_of

GROWTH = [
    {"from": "110%", "rate": "2%"},
    {"from": "115%", "rate": "3%"},
    {"from": "120%", "rate": "4%"},
]
STEPS = [{"from": 0, "rate": "0.5%"}, {"from": 2000, "rate": "1%"}, {"from": 5000, "rate": "2%"},
         {"from": 10000, "rate": "3%"}, {"from": 20000, "rate": "4%"}, {"from": 30000, "rate": "6%"}]  # fmt: skip
TARGET = [{"from": 100000, "amount": 1000}]
PUBLISHED: list[tuple[str, list[dict[str, Any]], int, int | None, str]] = [
    ("growth_retro", GROWTH, 2_350_000, 2_000_000, "70500"),
    ("growth_retro_on_growth", GROWTH, 2_350_000, 2_000_000, "10500"),
    ("growth_marginal", GROWTH, 2_350_000, 2_000_000, "3500"),
    ("marginal", STEPS, 32_000, None, "960"),
    ("retro", STEPS, 32_000, None, "1920"),
    ("lump_sum", TARGET, 110_000, None, "1000"),
    ("lump_sum", TARGET, 90_000, None, "0"),
]
"""Mode, bands, what was bought, what growth is measured against, what is paid."""


def _case(mode: str, bands: list[dict[str, Any]], bought: int, base: int | None) -> Case:
    line = Line(1, "pos", date(2025, 2, 3), "sale", "a1", "a", Fraction(1), Fraction(bought), "CNY",
                Fraction(bought), "x", "I1")  # fmt: skip
    third = replace(line, amount=line.amount / 4, amount_vendor=line.amount / 4)
    rest = replace(line, row_no=2, amount=line.amount * 3 / 4, amount_vendor=line.amount * 3 / 4)
    version: dict[str, Any] = {
        "version": 1, "valid_from": "2025-01-01", "approved_by": "finance", "approved_on": "2025-01-01",
        "period": "quarter",
        "measure": {"of": "pos", "value": "amount", "tax": "net", "debit": "before", "fx": "invoice_month",
                    "returns": "own_period", "dealer_sales": "include", "lines": "all"},
        "vat_rate": "13%", "dealers": {"ids": ["D"]}, "parts": {"families": ["a"]},
        "eligibility": {"no_open_diversion_case": False}, "mode": mode, "basis": "period",
        "boundary": ">=", "bands": bands, "rounding": {"mode": "half_up", "level": "statement"},
        "stacking": {"level": 1, "base": "gross"},
    }  # fmt: skip
    if base:
        version["baseline"] = {"of": "targets", "targets": {"D": str(base)}}
    programme = {"programme": "p0", "component": "base", "name": {"en": "Case", "zh": "案例"},
                 "versions": [version]}  # fmt: skip
    return Case(Dealer("D", "core", ("east",)), [third, rest], [programme])


@pytest.fixture(scope="module")
def found(published: WorldFiles) -> dict[int, tuple[Fraction, dict[int, Fraction]]]:
    """All cases, in one warehouse."""
    made = [numbered(_case(*case[:4]), n) for n, case in enumerate(PUBLISHED)]
    published_facts(made)
    return {
        int(name.split("_")[1]): paid
        for (name, _), paid in statements_of(evaluate(made, STARTS)).items()
    }


@pytest.mark.parametrize("number", range(len(PUBLISHED)))
def test_a_published_case_pays_what_is_published(
    found: dict[int, tuple[Fraction, dict[int, Fraction]]], number: int
) -> None:
    amount, lines = found[number]
    expected = Fraction(PUBLISHED[number][4])
    assert amount == expected
    assert lines == {1: expected / 4, 2: expected * 3 / 4}
