"""Tables that commands of planning take beside demand: Parquet or CSV, a row for each series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


def read_table(path: Path) -> pl.DataFrame:
    """A file as a frame. Raises ValueError when it cannot be read."""
    import polars as pl  # noqa: PLC0415 - only when asked for

    try:
        if path.suffix.lower() == ".csv":
            return pl.read_csv(path, try_parse_dates=True)
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ValueError(f"{path}: {error}") from error


def by_series(path: Path, ids: Any) -> pl.DataFrame:
    """The rows of a file in the order of `ids`; null for a series that is not in it.

    Raises ValueError without a column `series`, or when one stands twice.
    """
    import polars as pl  # noqa: PLC0415 - only when asked for

    frame = read_table(path)
    if "series" not in frame.columns or frame["series"].n_unique() < len(frame):
        raise ValueError(f"{path}: a column series is wanted, each value once")
    return pl.DataFrame({"series": ids}).join(
        frame.with_columns(pl.col("series").cast(pl.String)), on="series", how="left",
        maintain_order="left",
    )  # fmt: skip
