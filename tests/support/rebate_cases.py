"""Random programmes and histories: one dealer each, with parts and programmes of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from support.rebate_reference import Dealer, Line

FIRST, LAST = date(2024, 1, 1), date(2025, 10, 31)
"""History of the cases; rates are published for all of it."""
MODES = ("retro", "marginal", "growth_retro", "growth_retro_on_growth", "growth_marginal",
         "per_unit", "flat", "lump_sum")  # fmt: skip
AMOUNTS = (
    "0.01",
    "1",
    "3.333333",
    "50",
    "99.995",
    "100",
    "250.5",
    "333.33",
    "1000",
    "2500.125",
    "10000",
)
RATES = ("0", "0.001", "0.5%", "1%", "2%", "3.75%", "0.12345678", "12%", "1")


@dataclass(frozen=True)
class Case:
    """A dealer, what it sold, and the programmes that look at it."""

    dealer: Dealer
    lines: list[Line]
    programmes: list[dict[str, Any]]


@st.composite
def lines(draw: st.DrawFn) -> list[Line]:
    """Up to twelve lines, sell-through and sell-in, some of them returns of others."""
    made: list[Line] = []
    for row in range(draw(st.sampled_from([1, 4, 8, 12, 16]))):
        source = draw(st.sampled_from(["pos", "pos", "pos", "sell_in"]))
        kind = "sale"
        if source == "pos":
            kind = draw(st.sampled_from(["sale", "sale", "sale", "return", "cancel", "sample"]))
        sign = -1 if kind in ("return", "cancel") else 1
        part = draw(st.sampled_from(["a1", "a2", "b1"]))
        amount = Fraction(draw(st.sampled_from(AMOUNTS)))
        currency = draw(st.sampled_from(["CNY", "CNY", "USD"]))
        sold = [ln.invoice for ln in made if ln.kind == "sale" and ln.source == "pos"]
        original = draw(st.sampled_from([*sold, "unknown"])) if kind == "return" else None
        made.append(Line(
            row_no=row + 1, source=source, kind=kind, part=part, family=part[0],
            day=FIRST + timedelta(days=draw(st.integers(0, (LAST - FIRST).days))),
            qty=sign * Fraction(draw(st.sampled_from(["1", "10", "2000", "3000", "0.5"]))),
            amount=Fraction(0) if kind == "sample" else sign * amount, currency=currency,
            amount_vendor=Fraction(0) if kind == "sample" else
            sign * (amount if currency == "CNY" else amount * 7 + Fraction(1, 10**6)),
            customer=draw(st.sampled_from(["x", "y", "z"])), invoice=f"I{row // 2:02}",
            to_dealer=source == "pos" and draw(st.booleans()) and draw(st.booleans()),
            design=source == "pos" and draw(st.booleans()), original_invoice=original,
        ))  # fmt: skip
    return made


@st.composite
def version(draw: st.DrawFn, number: int, level: int, dealer_id: str) -> dict[str, Any]:
    """Rules with any combination of switches that the document allows."""
    mode = draw(st.sampled_from(MODES))
    growth = mode.startswith("growth")
    value = "amount"
    if mode == "per_unit":
        value = draw(st.sampled_from(["quantity", "new_customers"]))
    elif mode == "lump_sum":
        value = draw(st.sampled_from(["amount", "quantity", "new_customers"]))
    of = "pos" if value == "new_customers" else draw(st.sampled_from(["pos", "pos", "sell_in"]))
    bases = ["period", "period", "year_to_date"]
    if mode not in ("lump_sum",):
        bases.append("line")
    basis = "period" if growth else draw(st.sampled_from(bases))
    net = (
        level > 1 and value == "amount" and basis == "period" and not growth and draw(st.booleans())
    )
    paid = st.sampled_from(RATES if mode not in ("per_unit", "lump_sum") else AMOUNTS)
    count = 1 if mode == "flat" else draw(st.integers(1, 4))
    pool = (
        ["0", "90%", "1", "1.1", "1.15", "120%", "2"] if growth else ["0", "1", "5", *AMOUNTS[3:]]
    )
    edges = sorted(
        draw(st.lists(st.sampled_from(pool), min_size=count, max_size=count, unique=True)),
        key=lambda e: Fraction(e[:-1]) / 100 if e.endswith("%") else Fraction(e),
    )
    if mode == "flat":
        edges = ["0"]
    cap = draw(st.sampled_from([None, None, None, "0", "10", "123.45"]))
    floor = draw(st.sampled_from([None, None, None, "0", "5", "-20"]))
    if cap is not None and floor is not None and float(floor) > float(cap):
        floor = None
    made: dict[str, Any] = {
        "version": number, "valid_from": "2024-01-01" if number == 1 else draw(
            st.sampled_from(["2024-04-01", "2024-07-15", "2025-01-01"])),
        "approved_by": "finance", "approved_on": "2024-01-01",
        "period": draw(st.sampled_from(["month", "quarter", "half_year", "year"])),
        "measure": {
            "of": of, "value": value, "tax": draw(st.sampled_from(["net", "gross"])), "debit": "before",
            "fx": draw(st.sampled_from(["invoice_month", "period_end"])),
            "returns": draw(st.sampled_from(["own_period", "original_period", "ignore"])),
            "dealer_sales": draw(st.sampled_from(["include", "exclude"])),
            "lines": draw(st.sampled_from(["all", "all", "design_registered"])) if of == "pos" else "all",
        },
        "vat_rate": draw(st.sampled_from(["13%", "0"])),
        "dealers": {"ids": [dealer_id], "roles": draw(st.sampled_from([[], [], [], ["core"], ["core", "sub"]])),
                    "regions": draw(st.sampled_from([[], [], [], ["east"], ["north", "south"]]))},
        "parts": draw(st.sampled_from([
            {"families": ["a"]}, {"families": ["a", "b"]}, {"mpns": ["b1"]},
            {"families": ["a"], "mpns": ["b1"]}, {"families": ["a", "b"], "except_mpns": ["a1"]},
        ])),
        "eligibility": {"min_report_quality": draw(st.sampled_from([None] * 9 + ["0.5"])),
                        "no_open_diversion_case": False},
        "mode": mode, "basis": basis, "boundary": draw(st.sampled_from([">=", ">"])),
        "bands": [
            {"from": e, ("amount" if mode in ("per_unit", "lump_sum") else "rate"): draw(paid)} for e in edges
        ],
        "cap": cap, "floor": floor,
        "rounding": {"mode": draw(st.sampled_from(["half_up", "half_even", "down"])),
                     "level": draw(st.sampled_from(["statement", "line"]))},
        "stacking": {"level": level, "base": "net" if net else "gross"},
    }  # fmt: skip
    if growth:
        made["baseline"] = draw(st.sampled_from([
            {"of": "prior_year"}, {"of": "targets", "targets": {dealer_id: "1000"}},
            {"of": "targets", "targets": {"another": "1000"}},
        ]))  # fmt: skip
    return made


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """One to three programmes, each of one or two versions, on one dealer's history."""
    dealer = Dealer("D", draw(st.sampled_from(["core", "sub", "direct"])),
                    draw(st.sampled_from([("east",), ("north", "south"), ("west",)])))  # fmt: skip
    programmes = []
    for n in range(draw(st.integers(1, 3))):
        level = draw(st.integers(1, 3))
        count = draw(st.sampled_from([1, 1, 1, 2]))
        programmes.append({
            "programme": f"p{n}", "component": draw(st.sampled_from(["base", "incremental", "special"])),
            "name": {"en": "Case", "zh": "案例"},
            "versions": [draw(version(k + 1, level, "D")) for k in range(count)],
        })  # fmt: skip
    return Case(dealer, draw(lines()), programmes)


def numbered(case: Case, number: int) -> Case:
    """The same case under names of its own, so that many stand side by side in one warehouse."""

    def mark(value: str) -> str:
        return f"{value}_{number}"

    def rule(made: dict[str, Any]) -> dict[str, Any]:
        changed = made | {
            "dealers": made["dealers"] | {"ids": [mark(i) for i in made["dealers"].get("ids", [])]},
            "parts": {k: [mark(v) for v in values] for k, values in made["parts"].items()},
        }
        if made.get("baseline", {}).get("targets"):
            targets = {mark(d): v for d, v in made["baseline"]["targets"].items()}
            changed["baseline"] = {"of": "targets", "targets": targets}
        return changed

    return Case(
        replace(case.dealer, dealer_id=mark(case.dealer.dealer_id)),
        [replace(ln, part=mark(ln.part), family=mark(ln.family)) for ln in case.lines],
        [p | {"programme": mark(p["programme"]), "versions": [rule(v) for v in p["versions"]]}
         for p in case.programmes],
    )  # fmt: skip
