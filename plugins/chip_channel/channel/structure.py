"""What-if: the end customers of a sub-dealer served by another dealer, or by the vendor itself.

Structure is worked out from published sales; rebates by the engine, on the sales as moved, in a batch
that nobody can publish.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from chip_channel.publish.batch import finish, open_what_if
from chip_channel.publish.build import run_models
from chip_channel.warehouse import connect

DIRECT = "direct"
"""The vendor serves the customers itself: no dealer between, and no rebate."""
ROLES = ("direct", "core", "sub", "unknown")
SALES = """
with dealer as (
    select m.slice, d.dealer_id, d.role, d.parent
    from (
        select distinct slice, (slice + interval '1 month - 1 day')::date as month_end
        from publish.fct_pos where slice between %(first)s and %(last)s
    ) as m
    join publish.dim_dealer as d
        on m.month_end between d.valid_from and coalesce(d.valid_to, m.month_end)
),
placed as (
    select d.slice, d.dealer_id, d.role,
        case when d.parent is null then 1 when p.parent is null then 2 else 3 end as levels
    from dealer as d left join dealer as p on p.slice = d.slice and p.dealer_id = d.parent
)
select s.dealer_id, seller.role, seller.levels, taker.role as new_role, taker.levels as new_levels,
    sum(s.amount_vendor) as amount
from publish.fct_pos as s
left join placed as seller on seller.slice = s.slice and seller.dealer_id = s.dealer_id
left join placed as taker on taker.slice = s.slice and taker.dealer_id = %(taker)s
where s.slice between %(first)s and %(last)s
    and s.line_type <> 'sample' and s.sold_to_dealer_id is null
group by 1, 2, 3, 4, 5
"""
"""Net sales to end customers as `mart_channel_structure` counts them, by dealer, role and level."""
KEPT = """
select coalesce(sum(amount_vendor) filter (where sold_to_dealer_id is not null)
    / nullif(sum(amount_vendor), 0), 0) as kept
from publish.fct_pos
where dealer_id = %(sub)s and slice between %(first)s and %(last)s and line_type <> 'sample'
"""
"""Share of what the sub-dealer sells that goes to other dealers: so much it still buys."""
REBATES = """
with slice as (
    select slice from ctl.slice_version
    where batch_id = %(batch)s and mart = 'mart_rebate_statement'
),
tried as (
    select dealer_id, sum(amount) as amount from marts.mart_rebate_statement
    where batch_id = %(batch)s group by dealer_id
),
paid as (
    select dealer_id, sum(amount) as amount from publish.mart_rebate_statement
    where slice in (select slice from slice) group by dealer_id
)
select dealer_id, coalesce(p.amount, 0) as now, coalesce(t.amount, 0) as tried,
    coalesce(t.amount, 0) - coalesce(p.amount, 0) as difference
from tried as t full join paid as p using (dealer_id)
order by dealer_id
"""
MOVE = (
    "create temp table moved on commit drop as select m.* from marts.fct_pos as m "
    "join ctl.published_slice as p on p.mart = 'fct_pos' and p.slice = m.slice and p.batch_id = m.batch_id "
    "where m.slice between %(first)s and %(last)s",
    "update moved set qty = round(qty * %(kept)s, 3), amount = round(amount * %(kept)s, 6), "
    "amount_vendor = round(amount_vendor * %(kept)s, 6), "
    "cost_amount_vendor = round(cost_amount_vendor * %(kept)s, 6) where sold_to_dealer_id = %(sub)s",
    "delete from moved where sold_to_dealer_id = %(sub)s and qty = 0",
    "delete from moved where dealer_id = %(sub)s and sold_to_dealer_id is null and %(to)s = 'direct'",
    "update moved set dealer_id = %(to)s where dealer_id = %(sub)s and sold_to_dealer_id is null",
    "update moved set batch_id = %(batch)s",
    "insert into marts.fct_pos select * from moved",
    "insert into ctl.slice_version (mart, slice, batch_id, row_count) "
    "select 'fct_pos', p.slice, %(batch)s, count(m.batch_id) from ctl.published_slice as p "
    "left join moved as m on m.slice = p.slice "
    "where p.mart = 'fct_pos' and p.slice between %(first)s and %(last)s group by p.slice",
)
FORGET = (
    "delete from marts.fct_pos where batch_id = %(batch)s",
    "delete from ctl.slice_version where batch_id = %(batch)s and mart = 'fct_pos'",
)


@dataclass(frozen=True)
class Structure:
    """How the goods of some months reached end customers."""

    amount: Decimal
    by_role: dict[str, Decimal]
    mean_levels: Decimal | None
    two_tier_share: Decimal | None
    dealer_hhi: Decimal | None

    @classmethod
    def of(cls, sales: list[tuple[str, str | None, int | None, Decimal]]) -> "Structure":
        """From dealer, role, levels and amount."""
        by_role = dict.fromkeys(ROLES, Decimal(0))
        by_dealer: dict[str, Decimal] = {}
        for dealer, role, _, amount in sales:
            by_role[role or "unknown"] += amount
            by_dealer[dealer] = by_dealer.get(dealer, Decimal(0)) + amount
        known = [(levels, amount) for _, _, levels, amount in sales if levels is not None]
        whole = sum((a for _, a in known), Decimal(0))
        sold = [a for a in by_dealer.values() if a > 0]
        return cls(
            sum(by_dealer.values(), Decimal(0)),
            by_role,
            sum(n * a for n, a in known) / whole if whole > 0 else None,
            sum((a for n, a in known if n <= 2), Decimal(0)) / whole if whole > 0 else None,
            10000 * sum((a * a for a in sold), Decimal(0)) / sum(sold, Decimal(0)) ** 2
            if sold
            else None,
        )


@dataclass(frozen=True)
class Moved:
    """The channel as it is, beside the channel as tried."""

    first: date
    last: date
    amount: Decimal
    """Moved, in vendor currency."""
    before: Structure
    after: Structure
    rebates: list[dict[str, Any]]
    """By dealer: now, tried, difference, over every statement that the months touch."""
    still_bought: Decimal
    """Share of its purchases that the sub-dealer still needs for other dealers."""


def what_if(sub: str, to: str, first: date | None = None, last: date | None = None,
            progress: Callable[[str], None] | None = None) -> Moved:  # fmt: skip
    """Move the end customers of a sub-dealer to a dealer, or to `direct`.

    `first`, `last`: first days of months; all that is published without them. Raises LookupError
    for dealers that cannot give or take customers, and when nothing is published.
    """
    with connect("poster", row_factory=dict_row) as connection:
        first, last = _months(connection, first, last)
        _check(connection, sub, to)
        asked = {"sub": sub, "taker": to, "first": first, "last": last}
        rows = connection.execute(SALES, asked).fetchall()
        found = connection.execute(KEPT, asked).fetchone()
    kept = found["kept"] if found else Decimal(0)
    before = [(r["dealer_id"], r["role"], r["levels"], r["amount"]) for r in rows]
    vendor = ("", DIRECT, 0) if to == DIRECT else None
    after = [
        (*(vendor or (to, r["new_role"], r["new_levels"])), r["amount"])
        if r["dealer_id"] == sub
        else old
        for r, old in zip(rows, before, strict=True)
    ]
    return Moved(
        first, last, sum((r["amount"] for r in rows if r["dealer_id"] == sub), Decimal(0)),
        Structure.of(before), Structure.of(after), _rebates(sub, to, first, last, kept, progress), kept,
    )  # fmt: skip


def _months(connection: psycopg.Connection[Any], first: date | None,
            last: date | None) -> tuple[date, date]:  # fmt: skip
    found = connection.execute("select min(slice) as first, max(slice) as last from ctl.published_slice "
                               "where mart = 'fct_pos'").fetchone()  # fmt: skip
    if not found or found["first"] is None:
        raise LookupError("nothing is published yet: there are no sales to move")
    return max(first or found["first"], found["first"]), min(last or found["last"], found["last"])


def _check(connection: psycopg.Connection[Any], sub: str, to: str) -> None:
    roles = {
        r["dealer_id"]: r["role"]
        for r in connection.execute(
            "select dealer_id, role from publish.dim_dealer where is_current"
        ).fetchall()
    }
    for name in {sub, to} - {DIRECT}:
        if name not in roles:
            raise LookupError(f"{name}: no such dealer; there are {', '.join(sorted(roles))}")
    if roles.get(sub) != "sub":
        raise LookupError(f"{sub} is {roles.get(sub)}, no sub-dealer")
    if to != DIRECT and roles[to] == "sub":
        raise LookupError(
            f"{to} is a sub-dealer: customers go to a core or direct dealer, or to `direct`"
        )


def _rebates(sub: str, to: str, first: date, last: date, kept: Decimal,
             progress: Callable[[str], None] | None) -> list[dict[str, Any]]:  # fmt: skip
    """Every statement of the months once more, on sales as moved."""
    batch = open_what_if(first, last)
    try:
        with connect("transform") as connection:
            move(connection, batch.batch_id, sub, to, first, last, kept)
        run_models(batch, progress, selector="what_if")
        with connect("poster", row_factory=dict_row) as connection:
            return connection.execute(REBATES, {"batch": batch.batch_id}).fetchall()
    finally:
        with connect("transform") as connection:
            for statement in FORGET:
                connection.execute(statement, {"batch": batch.batch_id})
        finish(batch.batch_id, "abandoned", "a what-if is read, never published")


def move(connection: psycopg.Connection[Any], batch_id: int, sub: str, to: str, first: date,
         last: date, kept: Decimal) -> None:  # fmt: skip
    """Write the months of `fct_pos` as this batch is to see them; `kept`: what the sub-dealer still buys."""
    asked = {"batch": batch_id, "sub": sub, "to": to, "first": first, "last": last, "kept": kept}
    for statement in MOVE:
        connection.execute(statement, asked)
