"""What a batch builds alone, some months of some marts, is what a build of everything makes of it."""

from datetime import date
from typing import Any

import polars as pl
import psycopg
import pytest
from chip_channel.publish.batch import finish
from chip_channel.publish.build import build
from chip_channel.publish.publish import publish
from chip_channel.warehouse import connect
from psycopg import sql
from support.pipeline import restated

pytestmark = pytest.mark.usefixtures("published")


def _marts(connection: psycopg.Connection[Any], batch_id: int) -> list[str]:
    """The marts that a batch built slices of."""
    rows = connection.execute(
        "select distinct mart from ctl.slice_version where batch_id = %s order by 1", (batch_id,)
    )
    return [row[0] for row in rows]


def _differing(connection: psycopg.Connection[Any], batch_id: int) -> dict[str, int]:
    """Rows by mart that the batch made otherwise than the published version of the same slices."""
    found = {}
    marts = _marts(connection, batch_id)
    assert len(marts) > 25
    for mart in marts:
        columns = sql.SQL(", ").join(
            sql.Identifier(row[0])
            for row in connection.execute(
                "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 "
                "and not attisdropped and attname <> 'batch_id'", (f"marts.{mart}",)
            )
        )  # fmt: skip
        rows = sql.SQL("select {columns} from marts.{mart} where ").format(
            columns=columns, mart=sql.Identifier(mart)
        )
        again = rows + sql.SQL("batch_id = {}").format(sql.Literal(batch_id))
        before = rows + sql.SQL(
            "(batch_id, slice) in (select p.batch_id, p.slice from ctl.published_slice p "
            "join ctl.slice_version v on v.mart = p.mart and v.slice = p.slice "
            "where p.mart = {mart} and v.batch_id = {batch})"
        ).format(mart=sql.Literal(mart), batch=sql.Literal(batch_id))
        query = sql.SQL(
            "select count(*) from ((({a}) except all ({b})) union all (({b}) except all ({a}))) as d"
        ).format(a=again, b=before)
        (count,) = connection.execute(query).fetchone()  # type: ignore[misc]
        if count:
            found[mart] = count
    return found


@pytest.mark.parametrize("month", [date(2025, 10, 1), date(2025, 9, 1), date(2025, 6, 1)], ids=str)
def test_a_month_built_again_is_the_same(month: date) -> None:
    batch = build(months=(month,))
    assert batch is not None
    try:
        with connect() as connection:
            assert _differing(connection, batch.batch_id) == {}
    finally:
        finish(batch.batch_id, "abandoned", "built to be compared")


SENT_AGAIN = [
    ("pos", True, {"fct_order", "mart_order_sla", "fct_sell_in", "mart_tier"}),
    ("stock", False, {"fct_order", "mart_order_sla", "fct_pos", "mart_demand_heat"}),
    ("orders", True, {"fct_pos", "fct_inventory_daily", "fct_sell_in", "mart_demand_heat"}),
    ("sell_in", True, {"fct_pos", "fct_order", "fct_customer_month", "mart_demand_heat"}),
]
"""A report, whether of the newest month or the oldest, and marts that it does not concern."""


def test_what_a_report_does_not_concern_is_left_as_it_is() -> None:
    for report, newest, left_alone in SENT_AGAIN:
        batch = restated(5, report, newest)
        publish(batch.batch_id)
        with connect() as connection:
            built = set(_marts(connection, batch.batch_id))
        assert built, report
        assert not built & left_alone, report
    with connect() as connection:
        first, last = connection.execute(
            "select min(slice), max(slice) from ctl.published_slice where mart = 'fct_pos'"
        ).fetchone()  # type: ignore[misc]
    whole = build(months=tuple(pl.date_range(first, last, "1mo", eager=True)))
    assert whole is not None
    try:
        with connect() as connection:
            assert _differing(connection, whole.batch_id) == {}
    finally:
        finish(whole.batch_id, "abandoned", "built to be compared")
