"""Demand of many series over one calendar, as a matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

Freq = Literal["W", "MS"]
Day = np.datetime64 | date | datetime | str
_EVERY: dict[str, str] = {"W": "1w", "MS": "1mo"}


class PanelError(ValueError):
    """Demand that cannot be read as a panel; the message says what is wrong, and where."""


@dataclass(frozen=True, eq=False)
class Panel:
    """Demand in pieces per series and period.

    A value is nan where the series has not begun, or where it is not known.
    """

    ids: NDArray[np.str_]
    """(n,), unique."""
    periods: NDArray[np.datetime64]
    """(T,) first day of each period, days, without a hole: Mondays, or firsts of a month."""
    values: NDArray[np.float64]
    """(n, T)"""
    freq: Freq
    """`W`: weeks from Monday; `MS`: calendar months."""
    censored: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), bool))
    """(n, T) True where stock ran out: demand was at least the value. May be left out."""

    def __post_init__(self) -> None:
        if self.freq not in _EVERY:
            raise PanelError(f"the frequency is {self.freq!r}; it must be W or MS")
        put = object.__setattr__
        put(self, "ids", np.asarray(self.ids, dtype=np.str_))
        put(self, "periods", np.asarray(self.periods, dtype="datetime64[D]"))
        put(self, "values", np.asarray(self.values, dtype=np.float64))
        shape = (len(self.ids), len(self.periods))
        if self.values.shape != shape:
            raise PanelError(f"values are {self.values.shape}, ids and periods say {shape}")
        if not self.censored.size:
            put(self, "censored", np.zeros(shape, bool))
        if self.censored.shape != shape:
            raise PanelError(f"censored is {self.censored.shape}, ids and periods say {shape}")
        if len(np.unique(self.ids)) < len(self.ids):
            raise PanelError("a series stands twice in ids")
        if len(self.periods) and not np.array_equal(
            self.periods, calendar(self.periods[0], len(self.periods), self.freq)
        ):
            raise PanelError(f"periods are not consecutive starts of {self.freq} periods")
        if np.isinf(self.values).any():
            raise PanelError("a value is infinite")

    def __len__(self) -> int:
        return len(self.ids)

    def until(self, period: Day) -> Panel:
        """The periods that began on or before `period`."""
        return self._columns(self.periods <= _day(period))

    def between(self, first: Day, last: Day) -> Panel:
        """The periods that began from `first` to `last`, both included."""
        return self._columns((self.periods >= _day(first)) & (self.periods <= _day(last)))

    def take(self, series: Any) -> Panel:
        """Some of the series: a slice, a mask (n,) or positions."""
        return Panel(
            self.ids[series], self.periods, self.values[series], self.freq, self.censored[series]
        )

    def places(self, ids: NDArray[np.str_]) -> NDArray[np.intp]:
        """Positions (m,) of series of this panel, by their ids (m,)."""
        order = np.argsort(self.ids)
        return order[np.searchsorted(self.ids, ids, sorter=order)]

    def _columns(self, keep: NDArray[np.bool_]) -> Panel:
        return Panel(
            self.ids, self.periods[keep], self.values[:, keep], self.freq, self.censored[:, keep]
        )

    def ahead(self, count: int) -> NDArray[np.datetime64]:
        """The `count` periods (count,) that follow the last one."""
        if not len(self.periods):
            raise PanelError("a panel without periods has no future")
        return calendar(self.periods[-1], count + 1, self.freq)[1:]

    def first(self) -> NDArray[np.intp]:
        """(n,) position of the first known value of each series; T where there is none."""
        known = ~np.isnan(self.values)
        return np.where(known.any(axis=1), known.argmax(axis=1), len(self.periods))


def calendar(first: np.datetime64, count: int, freq: Freq) -> NDArray[np.datetime64]:
    """`count` starts of periods, from the one that `first` lies in."""
    if freq == "MS":
        months = first.astype("datetime64[M]") + np.arange(count)
        return months.astype("datetime64[D]")
    monday = first.astype("datetime64[D]") - (first.astype("datetime64[D]").astype(int) + 3) % 7
    return monday + 7 * np.arange(count)


def from_frame(
    frame: pl.DataFrame,
    freq: Freq,
    *,
    series: str = "series",
    date: str = "date",
    quantity: str = "quantity",
    censored: str | None = None,
    until: Day | None = None,
    tail: Literal["zero", "unknown"] = "zero",
) -> Panel:
    """A panel from rows of demand; rows of one series and period are added up.

    A report lists what was sold, so a period without a row is a period without demand: inside a
    series it counts 0, and so does everything after its last row up to the end of the panel (with
    `tail="unknown"` that stays nan: for series whose reports stopped). Before its first row a
    series has not begun: nan. A row with an empty quantity says that the value is not known: nan;
    beside known rows of the same period their sum is a lower bound, and marked as censored.

    `until`: the panel ends with the period that this day lies in; without it, with the last row.
    `censored`: a column of booleans, True where stock ran out. Raises PanelError.
    """
    wanted = {"series": series, "date": date, "quantity": quantity}
    if censored:
        wanted["censored"] = censored
    _check_columns(frame, wanted)
    rows = frame.select(
        pl.col(series).cast(pl.String).alias("series"),
        pl.col(date).cast(pl.Date).dt.truncate(_EVERY[freq]).alias("period"),
        pl.col(quantity).cast(pl.Float64).alias("quantity").fill_nan(None),
        (pl.col(censored).fill_null(False) if censored else pl.lit(False)).alias("censored"),
    )
    if rows["series"].has_nulls() or rows["period"].has_nulls():
        raise PanelError(f"a row has no {series} or no {date}")
    if until is not None:
        rows = rows.filter(pl.col("period") <= pl.lit(_day(until).item()))
    if rows.is_empty():
        raise PanelError("there are no rows")
    known = pl.col("quantity").is_not_null()
    cells = (
        rows.group_by("series", "period")
        .agg(
            pl.when(known.any()).then(pl.col("quantity").sum()).alias("quantity"),
            (pl.col("censored").any() | (known.any() & ~known.all())).alias("censored"),
        )
        .sort("series", "period")
    )
    start = _day(cells["period"].min())
    end = calendar(_day(until or cells["period"].max()), 1, freq)[0]
    periods = _through(start, end, freq)
    ids = cells["series"].unique(maintain_order=True).to_numpy().astype(np.str_)
    row = cells["series"].rle_id().to_numpy()
    column = np.searchsorted(periods, cells["period"].to_numpy().astype("datetime64[D]"))
    shape = (len(ids), len(periods))
    values, mask = np.zeros(shape), np.zeros(shape, bool)
    values[row, column] = cells["quantity"].fill_null(np.nan).to_numpy()
    mask[row, column] = cells["censored"].to_numpy()
    place = np.arange(len(periods))
    values[place < _edge(row, column, np.minimum, shape)[:, None]] = np.nan
    if tail == "unknown":
        values[place > _edge(row, column, np.maximum, shape)[:, None]] = np.nan
    return Panel(ids, periods, values, freq, mask)


def read(path: Path | str, freq: Freq, **names: Any) -> Panel:
    """A panel from a Parquet or CSV file; arguments as in `from_frame`. Raises PanelError."""
    path = Path(path)
    try:
        match path.suffix.lower():
            case ".parquet":
                frame = pl.read_parquet(path)
            case ".csv":
                frame = pl.read_csv(path, try_parse_dates=True)
            case other:
                raise PanelError(f"{path}: cannot read {other or 'a file without suffix'}; "
                                 "it must be .parquet or .csv")  # fmt: skip
        return from_frame(frame, freq, **names)
    except PanelError as error:
        raise PanelError(f"{path}: {error}" if str(path) not in str(error) else error) from None
    except (OSError, pl.exceptions.PolarsError) as error:
        raise PanelError(f"{path}: {error}") from error


def _check_columns(frame: pl.DataFrame, wanted: dict[str, str]) -> None:
    fits = {
        "date": lambda kind: kind.is_temporal(),
        "quantity": lambda kind: kind.is_numeric() or kind == pl.Null,
        "censored": lambda kind: kind == pl.Boolean,
    }
    for role, name in wanted.items():
        if name not in frame.columns:
            raise PanelError(f"column {name} is missing; there are {', '.join(frame.columns)}")
        if role in fits and not fits[role](frame.schema[name]):
            raise PanelError(f"column {name} is {frame.schema[name]}, no {role}")


def _day(given: Any) -> np.datetime64:
    return np.datetime64(given, "D")


def _through(first: np.datetime64, last: np.datetime64, freq: Freq) -> NDArray[np.datetime64]:
    unit = "datetime64[M]" if freq == "MS" else "datetime64[D]"
    steps = (last.astype(unit) - first.astype(unit)).astype(int) // (1 if freq == "MS" else 7)
    return calendar(first, int(steps) + 1, freq)


def _edge(row: Any, column: Any, pick: np.ufunc, shape: tuple[int, int]) -> NDArray[np.intp]:
    """The least or greatest column with a row in the data, per series."""
    edge = np.full(shape[0], shape[1] if pick is np.minimum else -1)
    pick.at(edge, row, column)
    return edge
