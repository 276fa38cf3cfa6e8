"""Stand-ins for dbt and the project's macros, so that sqlfluff lints every file without a database.

sqlfluff's dbt templater does not load beside dbt 1.11.
"""

from typing import Any

MONTH = "2026-01-01"


def _flat(args: tuple[Any, ...]) -> list[Any]:
    """Arguments of a macro, lists of them spread out, without the names of date parts."""
    spread = [b for a in args for b in (a if isinstance(a, list) else [a])]
    return [a for a in spread if a not in {"day", "month", "year"}]


class _Dbt:
    """Any cross-database macro, as a plain function call."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("type_"):
            return lambda: "text"
        if name == "listagg":
            return lambda measure, delimiter, _order: f"string_agg({measure}, {delimiter})"
        if name == "date_spine":
            return lambda *_: "select date_day from spine"
        return lambda *args: f"{name}({', '.join(map(str, _flat(args)))})"


dbt = _Dbt()
execute = False


def config(**_: Any) -> str:
    return ""


def var(name: str, default: Any = None) -> Any:
    known = {
        "batch_id": 0,
        "simulation": 0,
        "whole": "1900-01-01",
        "transit_months": 2,
        "order_months": 8,
        "lot_months": 24,
        "contact_months": 24,
        "quality_attention": 2,
        "vendor_currency": "CNY",
    }
    return {"fct_inventory_daily": 14} if name == "windows" else known.get(name, default or MONTH)


def ref(name: str) -> str:
    return name


def source(schema: str, name: str) -> str:
    return f"{schema}.{name}"


def candidate(name: str, _months: Any = None) -> str:
    return f"(select * from {name})"


def visible_submissions() -> str:
    return "(select * from int_submission__visible)"


def published(name: str) -> str:
    return f"select * from {name}"


def shared(name: str) -> str:
    return f"select * from {name}"


def month_rows(_months: Any) -> str:
    return "(select slice, next_slice, month_end from months)"


def month_pairs(_months: Any, *_: int) -> str:
    return "(select slice, seen from months)"


def wilson(*args: str) -> str:
    return f"wilson({', '.join(args[:2])})"


def dealer_active(dealer: str, day: str) -> str:
    return f"{day} >= {dealer}.valid_from"


def policy_holds(version: str, policy: str, day: str) -> str:
    return f"{version}.policy = '{policy}' and {version}.valid_from <= {day}"


def batch_brings(_reports: list[str]) -> bool:
    return True


def median(column: str) -> str:
    return f"median({column})"


def clamped(figure: str) -> str:
    return f"clamped({figure})"


def known_dealers() -> str:
    return "(select distinct dealer_id from dim_dealer)"


def affected_months(_mart: Any = None) -> list[str]:
    return [MONTH]


def order_months(_mart: str) -> list[str]:
    return [MONTH]


def published_rows(_mart: str, _months: list[str]) -> str:
    return "(select * from fct_pos)"


def reports_read(_name: str) -> list[str]:
    return ["pos"]


def customer_months(*_: Any) -> str:
    return "(select * from fct_customer_month)"


def versions_of(_query: str) -> str:
    return "1 = 1"


def month_spans(months: list[str]) -> list[tuple[str, str]]:
    return [(month, "2026-02-01") for month in months]


def months_with(months: list[str], **_: Any) -> list[str]:
    return months


def add_months(day: str, _n: int) -> str:
    return day


def current_lines(*_: Any, **__: Any) -> str:
    return "current_line as (\n    select 1 as one\n)"


def normalised_lines(*_: Any, **__: Any) -> str:
    return "normalised as (\n    select 1 as one\n)"


def known_at() -> str:
    return "now()"


def date_literal(day: str) -> str:
    return f"cast('{day}' as date)"


def month_of(column: str) -> str:
    return f"month_of({column})"


def day_number(column: str) -> str:
    return f"day_number({column})"


def local_date(instant: str, zone: str) -> str:
    return f"local_date({instant}, {zone})"


def part_spelling(column: str) -> str:
    return f"upper({column})"


def split_list(column: str, name: str) -> str:
    return f"cross join lateral split({column}) as {name}"


def amount(*args: str) -> str:
    return f"amount({', '.join(args)})"


unit_price = amount


def in_slices(column: str, _months: Any) -> str:
    return f"{column} = {date_literal(MONTH)}"


in_months = in_slices


def all_months(_mart: str) -> list[str]:
    return [MONTH]


latest_month = all_months


def text_of(value: str) -> str:
    return f"cast({value} as text)"


def published_before(name: str) -> str:
    return f"(select * from {name})"


def instant_type() -> str:
    return "timestamp with time zone"


def months_between(*_: str) -> list[str]:
    return [MONTH]


all_months_to = months_between


def last_month() -> str:
    return MONTH


def rebate_days(*_: Any) -> list[str]:
    return [MONTH]


def rebate_months(_part: str | None = None) -> list[str]:
    return [MONTH]


def rebate_rule() -> str:
    return "(select * from int_rebate__period)"


def rebate_uses(*_: str) -> bool:
    return True


def rebate_passes() -> list[tuple[str, bool]]:
    return [("not rule.net_of_lower", False), ("rule.stacking_level = 2", True)]


def rebate_lines(*_: Any) -> str:
    return "select 1 as one"


def rebate_linked_months(*_: Any) -> str:
    return "select month from linked"


def rebate_earned(points: str, **_: Any) -> str:
    return f"(select * from {points} as points)"


def rebate_shares(lines: str, statements: str) -> str:
    return f"(select {lines}.* from {lines} inner join {statements} on true)"


def rebate_cents(value: str, mode: str) -> str:
    return f"cents({value}, {mode})"


def rebate_measure(row: str, rule: str, fx: str) -> str:
    return f"measure({row}.qty, {rule}.unit, {fx}.rate)"


def rebate_counts(row: str, rule: str) -> str:
    return f"{row}.source = {rule}.source"


def rebate_month(row: str, rule: str) -> str:
    return f"month({row}.month, {rule}.returns)"
