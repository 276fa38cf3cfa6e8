"""Moments of the world in UTC, and deltas month by month."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import numpy as np
import polars as pl

from chip_channel.world.spec import WorldSpec, dates

Document = tuple[str, datetime, pl.DataFrame]


def instants(spec: WorldSpec, day: np.ndarray, hour: np.ndarray) -> pl.Series:
    """Hours (UTC, may exceed 24) after the beginning of days, whole seconds."""
    seconds = pl.Series(np.rint(hour * 3600).astype(np.int64))
    start = dates(spec, day).cast(pl.Datetime("us"))
    return start + (seconds * 1_000_000).cast(pl.Duration("us"))


def month_of(spec: WorldSpec, day: np.ndarray) -> np.ndarray:
    """Index of the month of days; -1 for all before the world, `months` for all after."""
    inside = spec.month_of_day()[np.clip(day, 0, spec.days - 1)]
    return np.select([day < 0, day >= spec.days], [-1, spec.months], inside)


def told_again(frame: pl.DataFrame, closed_month: pl.Series, **until_then: object) -> pl.DataFrame:
    """Lines of their `month`, and again in the month in which they were closed, if that is later.

    `until_then` is what the columns hold that nobody knows before; `closed_month` is null where a
    line stays open.
    """
    later = (closed_month > frame["month"]).fill_null(False)
    open_yet = frame.with_columns(
        pl.when(later | closed_month.is_null())
        .then(pl.lit(value, dtype=frame.schema[name]))
        .otherwise(name)
        .alias(name)
        for name, value in until_then.items()
    )
    again = frame.with_columns(month=closed_month.cast(pl.Int64)).filter(later)
    return pl.concat([open_yet, again])


def monthly(spec: WorldSpec, report: str, frame: pl.DataFrame, hour: int) -> list[Document]:
    """A delta for each `month` that has lines, sent on the second day after it."""
    found = []
    for month in range(-1, spec.months):
        lines = frame.filter(pl.col("month") == month).drop("month")
        if len(lines):
            when = datetime.combine(spec.month_start(month + 1) + timedelta(days=1), time(hour))
            found.append((f"{report}_{spec.month_start(month):%Y%m}", when, lines))
    return found
