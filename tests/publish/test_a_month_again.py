"""A month built alone is what the build of all months made of it."""

from datetime import date
from typing import Any

import psycopg
import pytest
from chip_channel.publish.batch import finish
from chip_channel.publish.build import build
from chip_channel.warehouse import connect
from psycopg import sql

pytestmark = pytest.mark.usefixtures("published")


def _differing(connection: psycopg.Connection[Any], batch_id: int) -> dict[str, int]:
    """Rows by mart that the batch made otherwise than the published version of the same slices."""
    found = {}
    marts = [row[0] for row in connection.execute(
        "select distinct mart from ctl.slice_version where batch_id = %s order by 1", (batch_id,)
    )]  # fmt: skip
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
