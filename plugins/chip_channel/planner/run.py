"""A planning batch: read what is published, plan, write, and let dbt build the marts of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
import psycopg
from psycopg import sql

from chip_channel.planner.choices import choices
from chip_channel.planner.plan import Plan, plan
from chip_channel.planner.read import read
from chip_channel.publish.batch import Batch, finish, open_planning_batch
from chip_channel.publish.build import run_models
from chip_channel.warehouse import connect

KEPT_BATCHES = 26
"""Published planning batches whose forecasts are kept to be held against what came."""


@dataclass(frozen=True)
class Planned:
    """A planning batch that is built."""

    batch: Batch
    origin: date
    items: int
    fallbacks: dict[str, int]


def plan_batch(choose: bool = False, progress: Callable[[str], None] | None = None
               ) -> Planned | None:  # fmt: skip
    """Plan on what is published now; None when nothing is published.

    `choose`: choose recipes, stock policies and factors anew even if the choice is young. Raises
    NothingToPlanError without published demand and DbtError when a model failed; the batch is then
    abandoned.
    """
    say = progress or (lambda _: None)
    batch = open_planning_batch()
    if batch is None:
        return None
    try:
        inputs = read()
        say(f"{len(inputs.panel):,} series of {len(inputs.panel.periods)} weeks to {inputs.origin}")
        made = plan(inputs, choices(inputs, choose, say))
        say(f"planned {made.tables['item'].height:,} items")
        _write(batch.batch_id, made)
        run_models(batch, progress, selector="plan")
    except BaseException as error:
        finish(batch.batch_id, "abandoned", str(error)[:2000])
        raise
    finish(batch.batch_id, "built")
    return Planned(batch, inputs.origin, made.tables["item"].height, made.fallbacks)


def _write(batch_id: int, made: Plan) -> None:
    with connect("transform") as connection:
        for name, frame in made.tables.items():
            copy_frame(connection, sql.Identifier("planning", name), batch_id, frame)


def copy_frame(connection: psycopg.Connection[Any], table: sql.Identifier, batch_id: int,
               frame: pl.DataFrame) -> None:  # fmt: skip
    """Append rows of a batch by COPY."""
    named = frame.select(pl.lit(batch_id).alias("batch_id"), pl.all()).with_columns(
        pl.col(pl.Float64).fill_nan(None)
    )
    statement = sql.SQL("copy {} ({}) from stdin (format csv, null '')").format(
        table, sql.SQL(", ").join(map(sql.Identifier, named.columns))
    )
    with connection.cursor().copy(statement) as copy:
        for part in named.iter_slices(100_000):
            copy.write(part.write_csv(include_header=False, null_value="", quote_style="necessary"))


def drop_old_plans() -> dict[str, int]:
    """Forget what planning wrote for batches that nobody can see and that judge no forecast."""
    dropped = {}
    with connect("publisher") as connection:
        for name in (
            "recipe",
            "policy",
            "backtest",
            "forecast",
            "item",
            "transfer",
            "accuracy",
            "launch",
            "last_buy",
            "factor",
        ):
            done = connection.execute(
                sql.SQL(
                    "delete from {} where batch_id in (select batch_id from (select batch_id, status, "
                    "row_number() over (partition by status order by batch_id desc) as age from ctl.batch "
                    "where kind = 'planning') as ranked where status in ('abandoned', 'blocked') "
                    "or status = 'published' and age > %s)"
                ).format(sql.Identifier("planning", name)),
                (KEPT_BATCHES,),
            )
            dropped[name] = done.rowcount
    return dropped
