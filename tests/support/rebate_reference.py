"""What rebates must be, in slow and obvious Python: fractions, loops, one line at a time.

Written from docs/rebates.md; it shares nothing with the SQL.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

CENT = Fraction(1, 100)
MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@dataclass(frozen=True)
class Line:
    """One reported line; what the dealer's file said."""

    row_no: int
    source: str
    day: date
    kind: str
    part: str
    family: str
    qty: Fraction
    amount: Fraction
    currency: str
    amount_vendor: Fraction
    customer: str
    invoice: str
    to_dealer: bool = False
    design: bool = False
    original_invoice: str | None = None


@dataclass(frozen=True)
class Dealer:
    """A dealer's master data; the same for all times."""

    dealer_id: str
    role: str
    regions: tuple[str, ...]


@dataclass
class Statement:
    """The reference's answer for a programme and period."""

    amount: Fraction
    lines: dict[int, Fraction]
    measure: Fraction
    part_measure: dict[str, Fraction] = field(default_factory=dict)
    stacking: tuple[int, str, str] = (1, "", "")


def month_index(day: date) -> int:
    """Months since year 0."""
    return day.year * 12 + day.month - 1


def first_day(index: int) -> date:
    """The inverse."""
    return date(index // 12, index % 12 + 1, 1)


def number(value: Any) -> Fraction:
    """A figure of a document: 2%, 0.02, 2."""
    text = str(value)
    return Fraction(text[:-1].strip()) / 100 if text.endswith("%") else Fraction(text)


def round_to(value: Fraction, unit: Fraction, mode: str) -> Fraction:
    """To a multiple of unit; half_up is away from zero."""
    size = abs(value) / unit
    whole = math.floor(size)
    rest = size - whole
    if (mode != "down" and rest > Fraction(1, 2)) or (
        rest == Fraction(1, 2) and (mode == "half_up" or (mode == "half_even" and whole % 2 == 1))
    ):
        whole += 1
    return whole * unit * (1 if value >= 0 else -1)


def rule_for(programme: dict[str, Any], start: date) -> dict[str, Any] | None:
    """The highest version that is valid on the first day, if that begins one of its periods."""
    valid = [
        v for v in programme["versions"]
        if date.fromisoformat(v["valid_from"]) <= start
        and (v.get("valid_to") is None or start <= date.fromisoformat(v["valid_to"]))
        and (start.month - 1) % MONTHS[v["period"]] == 0
    ]  # fmt: skip
    return max(valid, key=lambda v: v["version"]) if valid else None


def covers_dealer(rule: dict[str, Any], dealer: Dealer) -> bool:
    """Each list that is given must hold the dealer."""
    scope = rule.get("dealers", {})
    return (
        (not scope.get("ids") or dealer.dealer_id in scope["ids"])
        and (not scope.get("roles") or dealer.role in scope["roles"])
        and (not scope.get("regions") or bool(set(scope["regions"]) & set(dealer.regions)))
    )


def covers_part(rule: dict[str, Any], line: Line) -> bool:
    """Families and parts named add up; exceptions take away."""
    scope = rule.get("parts", {})
    if line.part in scope.get("except_mpns", []):
        return False
    named = scope.get("families") or scope.get("mpns")
    return (
        not named or line.family in scope.get("families", []) or line.part in scope.get("mpns", [])
    )


def counted_month(rule: dict[str, Any], line: Line, lines: list[Line]) -> int:
    """A return goes to its invoice's month where the rule says so and the invoice is known."""
    own = month_index(line.day)
    if rule["measure"]["returns"] == "original_period" and line.kind == "return":
        sold = [
            month_index(o.day) for o in lines
            if o.source == "pos" and o.kind == "sale" and o.invoice == line.original_invoice
        ]  # fmt: skip
        if sold and min(sold) <= own:
            return min(sold)
    return own


def counts(rule: dict[str, Any], line: Line) -> bool:
    """Whether the rule looks at the line at all."""
    measure = rule["measure"]
    return (
        line.source == measure["of"]
        and line.kind != "sample"
        and covers_part(rule, line)
        and not (measure["dealer_sales"] == "exclude" and line.to_dealer)
        and not (measure["lines"] == "design_registered" and not line.design)
        and not (measure["returns"] == "ignore" and line.kind == "return")
    )


def buys_first(line: Line, lines: list[Line]) -> bool:
    """First sale to the customer within 12 months, in the order of date, invoice, line."""
    if line.kind != "sale":
        return False
    before = [
        o for o in lines
        if o.source == "pos" and o.kind == "sale" and o.customer == line.customer
        and (o.day, o.invoice, o.row_no) < (line.day, line.invoice, line.row_no)
    ]  # fmt: skip
    if not before:
        return True
    last = max(o.day for o in before)
    index = month_index(line.day) - 12
    day = min(line.day.day, (first_day(index + 1) - first_day(index)).days)
    return last < first_day(index).replace(day=day)


def measure_of(rule: dict[str, Any], line: Line, lines: list[Line],
               rate: dict[tuple[str, int], Fraction], last_month: int) -> Fraction:  # fmt: skip
    """What the line counts."""
    measure = rule["measure"]
    if measure["value"] == "quantity":
        return line.qty
    if measure["value"] == "new_customers":
        return Fraction(int(buys_first(line, lines)))
    money = line.amount_vendor
    if measure["fx"] == "period_end" and line.currency != "CNY":
        newest = max(m for c, m in rate if c == line.currency and m <= last_month)
        money = line.amount * rate[line.currency, newest]
    return money * (1 + number(rule["vat_rate"])) if measure["tax"] == "gross" else money


def earns(rule: dict[str, Any], actual: Fraction, base: Fraction | None) -> Fraction:
    """The rule's function, before cap and floor."""
    mode = rule["mode"]
    growth = mode.startswith("growth")
    if growth and (base is None or base <= 0):
        return Fraction(0)
    scale = base if growth and base is not None else Fraction(1)
    bands = [
        (number(b["from"]) * scale, number(b.get("rate", b.get("amount")))) for b in rule["bands"]
    ]
    open_below = bands[0][0] == 0 and mode in ("retro", "marginal", "flat", "per_unit")
    if mode in ("marginal", "growth_marginal"):
        total = Fraction(0)
        for n, (lower, rate) in enumerate(bands):
            upper = bands[n + 1][0] if n + 1 < len(bands) else None
            top = actual if upper is None else min(actual, upper)
            if top > lower or (n == 0 and open_below):
                total += (top - lower) * rate
        return total
    reached = Fraction(0)
    for n, (lower, rate) in enumerate(bands):
        over = actual >= lower if rule["boundary"] == ">=" else actual > lower
        if over or (n == 0 and open_below):
            reached = rate
    if mode == "lump_sum":
        return reached
    if mode == "growth_retro_on_growth":
        return (actual - scale) * reached
    return actual * reached


def bounded(rule: dict[str, Any], value: Fraction) -> tuple[Fraction, bool]:
    """Between floor and cap, and whether one of them binds."""
    cap = rule.get("cap")
    floor = rule.get("floor")
    if cap is not None and value > number(cap):
        return number(cap), True
    if floor is not None and value < number(floor):
        return number(floor), True
    return value, False


def distribute(shares: dict[int, Fraction], amount: Fraction) -> dict[int, Fraction]:
    """Largest remainder."""
    paid = {row: math.floor(s / CENT) * CENT for row, s in shares.items()}
    rest = {row: shares[row] - paid[row] for row in shares}
    left = (amount - sum(paid.values())) / CENT
    if left > 0:
        for row in sorted(rest, key=lambda r: (-rest[r], r))[: int(left)]:
            paid[row] += CENT
    if left < 0:
        for row in sorted(rest, key=lambda r: (rest[r], -r))[: int(-left)]:
            paid[row] -= CENT
    return paid


def statement(  # noqa: PLR0912 - one case after the other, as one reads the rules
              rule: dict[str, Any], start: date, lines: list[Line],
              rate: dict[tuple[str, int], Fraction], dealer: Dealer,
              lower: list[Statement]) -> Statement | None:  # fmt: skip
    """One programme, one period; None when no line counts."""
    begin, end = month_index(start), month_index(start) + MONTHS[rule["period"]] - 1
    if not covers_dealer(rule, dealer):
        return None
    seen = [
        (line, counted_month(rule, line, lines), measure_of(rule, line, lines, rate, end))
        for line in lines if counts(rule, line)
    ]  # fmt: skip
    inside = {line.row_no: m for line, month, m in seen if begin <= month <= end}
    if not inside:
        return None
    parts: dict[str, Fraction] = {}
    for line, month, m in seen:
        if begin <= month <= end:
            parts[line.part] = parts.get(line.part, Fraction(0)) + m
    total = sum(inside.values(), Fraction(0))
    before = Fraction(0)
    if rule["basis"] == "year_to_date":
        before = sum((m for _, month, m in seen if begin // 12 * 12 <= month < begin), Fraction(0))
    base: Fraction | None = None
    if rule.get("baseline"):
        if rule["baseline"]["of"] == "targets":
            target = rule["baseline"]["targets"].get(dealer.dealer_id)
            base = None if target is None else number(target)
        else:
            base = sum((m for _, month, m in seen if begin - 12 <= month <= end - 12), Fraction(0))
    taken = Fraction(0)
    if rule["stacking"]["base"] == "net":
        for other in lower:
            if other.stacking[0] < rule["stacking"]["level"] and other.measure != 0 and (
                other.stacking[1:] == (rule["period"], rule["measure"]["of"])
            ):  # fmt: skip
                common = sum(
                    (m for part, m in other.part_measure.items()
                     if any(ln.part == part and covers_part(rule, ln) for ln in lines)),
                    Fraction(0),
                )  # fmt: skip
                share = other.amount * common / other.measure
                taken += round_to(share, Fraction(1, 10**6), "half_up")
    own = (
        {row: earns(rule, m, None) for row, m in inside.items()} if rule["basis"] == "line" else {}
    )
    if rule["basis"] == "line":
        earned, binds = bounded(rule, sum(own.values(), Fraction(0)))
    else:
        now, binds = bounded(rule, earns(rule, before + total - taken, base))
        then, bound_before = Fraction(0), False
        if rule["basis"] == "year_to_date":
            then, bound_before = bounded(rule, earns(rule, before, base))
        earned, binds = now - then, binds or bound_before
    shares = shares_of(rule, inside, own, earned, binds)
    mode = rule["rounding"]["mode"]
    eligible = rule["eligibility"].get("min_report_quality") is None  # nobody has a score here
    if not eligible:
        amount, paid = Fraction(0), {row: Fraction(0) for row in shares}
    elif rule["rounding"]["level"] == "line" and not binds:
        paid = {row: round_to(s, CENT, mode) for row, s in shares.items()}
        amount = sum(paid.values(), Fraction(0))
    else:
        amount = round_to(earned, CENT, mode)
        paid = distribute(shares, amount)
    return Statement(
        amount, paid, total, parts,
        (rule["stacking"]["level"], rule["period"], rule["measure"]["of"]),
    )  # fmt: skip


def shares_of(rule: dict[str, Any], inside: dict[int, Fraction], own: dict[int, Fraction],
              earned: Fraction, binds: bool) -> dict[int, Fraction]:  # fmt: skip
    """Each line's share of what is earned, to ten digits."""
    if rule["basis"] == "line" and not binds:
        return own
    by_size = rule["mode"] == "lump_sum" or rule["basis"] == "year_to_date" or binds
    weights = {row: abs(m) if by_size else m for row, m in inside.items()}
    if sum(weights.values()) == 0:
        weights = {row: abs(m) for row, m in inside.items()}
    if sum(weights.values()) == 0:
        weights = dict.fromkeys(inside, Fraction(1))
    whole = sum(weights.values(), Fraction(0))
    ten = Fraction(1, 10**10)
    return {row: round_to(earned * w / whole, ten, "half_up") for row, w in weights.items()}


def statements(programmes: list[dict[str, Any]], dealer: Dealer, lines: list[Line],
               rate: dict[tuple[str, int], Fraction], starts: list[date],
               ) -> dict[tuple[str, date], Statement]:  # fmt: skip
    """All statements of a dealer, lower levels first."""
    found: dict[tuple[str, date], Statement] = {}
    for start in starts:
        rules = [(p["programme"], r) for p in programmes if (r := rule_for(p, start))]
        # who looks at net amounts comes after those who do not, then by level
        rules.sort(key=lambda pr: (pr[1]["stacking"]["base"] == "net", pr[1]["stacking"]["level"]))
        done: list[Statement] = []
        for name, rule in rules:
            made = statement(rule, start, lines, rate, dealer, done)
            if made is not None:
                found[name, start] = made
                done.append(made)
    return found
