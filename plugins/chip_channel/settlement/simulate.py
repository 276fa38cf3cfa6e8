"""What-if: a changed programme on published history; built in a batch that nobody can publish."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from chip_channel.publish.batch import finish, open_what_if
from chip_channel.publish.build import run_models
from chip_channel.rebates.programme import Programme, programme_of, programmes
from chip_channel.rebates.registry import store
from chip_channel.warehouse import connect

LOADED_SHARE = Decimal("0.5")
"""A quarter is bought at its end when more than this share falls into its last month."""
COMPARED = """
with tried as (
    select dealer_id, slice, sum(amount) as amount, max(amount_at_next_band - amount) as next_gain,
        min(to_next_band) as to_next_band
    from marts.mart_rebate_statement where batch_id = %(batch)s and programme = %(programme)s
    group by dealer_id, slice
),
paid as (
    select dealer_id, slice, sum(amount) as amount from publish.mart_rebate_statement
    where programme = %(programme)s and slice between %(first)s and %(last)s group by dealer_id, slice
)
select coalesce(t.dealer_id, p.dealer_id) as dealer_id, coalesce(t.slice, p.slice) as period_start,
    coalesce(p.amount, 0) as now, coalesce(t.amount, 0) as tried,
    coalesce(t.amount, 0) - coalesce(p.amount, 0) as difference, t.to_next_band, t.next_gain
from tried t full join paid p on t.dealer_id = p.dealer_id and t.slice = p.slice
order by 1, 2
"""
LOADED = """
select s.dealer_id, date_trunc('quarter', l.month)::date as quarter,
    sum(l.qty) filter (where extract(month from l.month)::int %% 3 = 0) as last_month_qty,
    sum(l.qty) as quarter_qty
from (
    select dealer_id, slice as month, sum(amount_vendor) as qty from publish.fct_sell_in
    where slice between %(first)s and %(last)s group by dealer_id, slice
) as l join (
    select distinct dealer_id from marts.mart_rebate_statement
    where batch_id = %(batch)s and programme = %(programme)s
) as s using (dealer_id)
group by 1, 2 having sum(l.qty) > 0
order by 1, 2
"""


@dataclass(frozen=True)
class WhatIf:
    """A programme as tried, beside what is published."""

    batch_id: int
    programme: str
    statements: list[dict[str, Any]]
    """By dealer and period: now, tried, difference, to_next_band, next_gain (money)."""
    load_in: list[dict[str, Any]]
    """By dealer and quarter: share of the quarter's purchases that fell into its last month."""

    @property
    def cost(self) -> tuple[Decimal, Decimal]:
        """Money in all: as published, as tried."""
        return (sum((s["now"] for s in self.statements), Decimal(0)),
                sum((s["tried"] for s in self.statements), Decimal(0)))  # fmt: skip


def simulate(path: Path, first: date, last: date,
             progress: Callable[[str], None] | None = None) -> WhatIf:  # fmt: skip
    """Run the rules of a file, in place of its programme, on what is published.

    `first`, `last`: first days of the months whose periods are looked at. The other programmes stay,
    since a net programme looks at what lower levels pay. The highest version of the file holds for
    all periods. Raises DocumentError for a wrong document, LookupError when nothing is published.
    """
    tried = programme_of(path)
    newest = tried.versions[-1].model_copy(update={"valid_from": first, "valid_to": None})
    others = [p for p in programmes() if p.programme != tried.programme]
    batch = open_what_if(first, last)
    try:
        with connect("transform") as connection:
            store(connection, tried, newest, simulation=batch.batch_id)
            for programme in others:
                for version in programme.versions:
                    store(connection, programme, version, simulation=batch.batch_id)
        run_models(batch, progress, selector="what_if", simulation=batch.batch_id)
    finally:
        finish(batch.batch_id, "abandoned", "a what-if is read, never published")
    return _compared(batch.batch_id, tried, first, last)


def _compared(batch_id: int, tried: Programme, first: date, last: date) -> WhatIf:
    asked = {"batch": batch_id, "programme": tried.programme, "first": first, "last": last}
    with connect("poster", row_factory=dict_row) as connection:
        statements = connection.execute(COMPARED, asked).fetchall()
        loaded = connection.execute(LOADED, asked).fetchall()
    return WhatIf(batch_id, tried.programme, statements, [
        row | {"share": (row["last_month_qty"] or Decimal(0)) / row["quarter_qty"]} for row in loaded
    ])  # fmt: skip
