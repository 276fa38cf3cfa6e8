"""What a market index says about the demand of families, as it was published at each origin.

The demand of a family over the window of an origin, as the logarithm of its ratio to what the sales
history let expect, is regressed (ridge) on how the index had changed, in three steps back from the
newest month that was published by then. Each origin learns from windows that had ended by then, and
sees of every month the latest vintage of that day. Only the change that the index explains counts:
a bias of the history is not its merit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from chip_channel.planning.panel import Panel
from chip_channel.planning.simulate import Floats, Ints

STEPS = ((0, 3), (3, 6), (6, 12))
"""Months back from the newest published one over which a change is taken."""
STOPPED = 100
"""Days without a new month after which an index has stopped."""
SHUFFLES = 19
"""Placebos: the real index has to beat all of them, which chance does once in twenty."""
_BLOCK = 6
"""Months that stay together in a placebo, so that it has the cycles of the index."""
_RIDGE = 2.0
"""Windows that do not overlap which the prior, no effect, counts for."""
_MOST = 0.4
"""Greatest logarithm of an adjustment: a factor of 0.67 to 1.5."""
_Z, _CHANGE = 3.0, 1.0
LEAST = {"MS": 12, "W": 40}
"""Origins with an ended window that the first adjustment learns from."""


@dataclass(frozen=True, eq=False)
class Index:
    """Rows (m,) of published values; several vintages of a month are several rows."""

    series: np.ndarray[Any, Any]
    period: np.ndarray[Any, Any]
    """Months."""
    value: Floats
    published: np.ndarray[Any, Any]
    """Days."""
    dropped: int = 0
    """Rows without a series, a month, a value or a day of publication; they teach nothing."""

    @classmethod
    def of(cls, series: Any, period: Any, value: Any, published_at: Any) -> Index:
        """From columns of one length; what is not complete is dropped and counted."""
        names = np.array(["" if s is None else str(s) for s in series], dtype=np.str_)
        months = np.asarray(period, dtype="datetime64[D]").astype("datetime64[M]")
        values = np.asarray(value, dtype=float)
        days = np.asarray(published_at, dtype="datetime64[D]")
        good = (names != "") & ~np.isnat(months) & np.isfinite(values) & ~np.isnat(days)
        return cls(names[good], months[good], values[good], days[good], int((~good).sum()))

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> Index:
        """From `series`, `period`, `value`, `published_at`; ValueError if one is missing."""
        wanted = ("series", "period", "value", "published_at")
        if missing := [name for name in wanted if name not in frame.columns]:
            raise ValueError(f"the index lacks {', '.join(missing)}")
        return cls.of(
            frame["series"].cast(pl.String).to_list(), frame["period"].cast(pl.Date).to_numpy(),
            frame["value"].cast(pl.Float64).to_numpy(),
            frame["published_at"].cast(pl.Date).to_numpy(),
        )  # fmt: skip

    def until(self, day: np.datetime64) -> Index:
        """What had been published by `day`."""
        seen = self.published <= day
        return Index(
            self.series[seen], self.period[seen], self.value[seen], self.published[seen],
            self.dropped,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class View:
    """One series as it stood on each of D days."""

    level: Floats
    """(D, M) by month, in units of the mean size known on the day (logarithms would fail where a
    balance of opinions is below 0); nan before the first month."""
    newest: Ints
    """(D,) position of the newest month; -1 where nothing was published yet."""
    fresh: np.ndarray[Any, Any]
    """(D,) False where no new month came for long."""

    def changes(self, level: Floats | None = None) -> Floats:
        """(D, steps), nan where the index does not reach back so far."""
        level = self.level if level is None else np.broadcast_to(level, self.level.shape)
        day = np.arange(len(level))

        def at(back: int) -> Floats:
            month = self.newest - back
            found = level[day, np.maximum(month, 0)]
            return np.where((month >= 0) & (self.newest >= 0), found, np.nan)

        return np.stack([at(near) - at(far) for near, far in STEPS], axis=1)

    def placebos(self, day: int, rng: np.random.Generator) -> Floats:
        """(SHUFFLES, D, steps): the months known on a day, their changes in another order."""
        known = self.level[day, : self.newest[day] + 1]
        change = np.diff(known[np.isfinite(known)])
        begins = len(known) - len(change) - 1
        out = []
        for _ in range(SHUFFLES):
            turned = np.roll(change, int(rng.integers(max(len(change), 1))))
            blocks = [turned[k : k + _BLOCK] for k in range(0, len(turned), _BLOCK)]
            order = rng.permutation(len(blocks))
            mixed = np.concatenate([np.zeros(1), *(blocks[k] for k in order)])
            level = np.full(self.level.shape[1], np.nan)
            level[begins : begins + len(mixed)] = np.cumsum(mixed)
            out.append(self.changes(level))
        return np.stack(out)


def view(index: Index, name: str, days: np.ndarray[Any, Any]) -> View:
    """The series `name` as it stood on rising `days` (D,)."""
    mine = index.series == name
    order = np.lexsort((index.value[mine], index.published[mine]))
    period, value, day = (
        a[mine][order] for a in (index.period, index.value, index.published)
    )  # fmt: skip
    months = (period - period.min()).astype(int)
    shape = (len(days), int(months.max()) + 1)
    place = np.searchsorted(days, day)
    in_time = place < len(days)
    cells = np.full(shape, np.nan)
    # rows in order of publication: of two that come between the same days the later stays
    cells[place[in_time], months[in_time]] = value[in_time]
    level = _carry(cells, 0)
    known = np.isfinite(level)
    newest = np.where(known.any(axis=1), shape[1] - 1 - known[:, ::-1].argmax(axis=1), -1)
    first = np.full(shape[1], np.datetime64("9999-01-01"))
    np.minimum.at(first, months, day)
    age = (days - first[np.maximum(newest, 0)]).astype(int)
    size = np.where(known, np.abs(level), 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    level = level / np.where(size > 0, size, 1.0)[:, None]
    return View(_carry(level, 1), newest, (newest >= 0) & (age <= STOPPED))


def _carry(values: Floats, axis: int) -> Floats:
    """What is not known takes the value before it along the axis."""
    place = np.arange(values.shape[axis])
    place = place[:, None] if axis == 0 else place[None, :]
    last = np.maximum.accumulate(np.where(np.isfinite(values), place, 0), axis=axis)
    return np.take_along_axis(values, last, axis)


@dataclass(frozen=True, eq=False)
class Families:
    """Demand of families over the window of each origin; build with `families`."""

    names: np.ndarray[Any, Any]
    member: Ints
    """(n,) family of each series."""
    window: Ints
    """(F,) the longest of its windows: then an origin's demand is known."""
    actual: Floats
    """(F, T + 1) nan where not known."""
    expected: Floats
    """(F, T + 1) from the history, of the same series."""

    @property
    def change(self) -> Floats:
        """(F, T + 1) logarithm of actual ÷ expected, clipped; nan where not known."""
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.log(self.actual / self.expected)
        return np.clip(np.where(self.expected > 0, ratio, np.nan), -_CHANGE, _CHANGE)


def families(total: Floats, mean: Floats, family: Any, window: Ints) -> Families:
    """Sum `total` and `mean` (n, T + 1) by family; pairs of which one is nan stay out."""
    names, member = np.unique(np.asarray(family, dtype=np.str_), return_inverse=True)
    longest = np.zeros(len(names), np.int64)
    np.maximum.at(longest, member, window)
    both = np.isfinite(total) & np.isfinite(mean)
    shape = (len(names), total.shape[1])
    sums = [np.zeros(shape), np.zeros(shape), np.zeros(shape)]
    for out, part in zip(sums, (total, mean, both), strict=True):
        np.add.at(out, member, np.where(both, part, 0.0))
    counted = sums[2] > 0
    ended = np.arange(shape[1]) + longest[:, None] < shape[1]
    actual = np.where(counted & ended, sums[0], np.nan)
    return Families(names, member, longest, actual, np.where(counted, sums[1], np.nan))


def adjustments(changes: Floats, fresh: Any, of: Families, least: int) -> Floats:
    """(P, F, T + 1) logarithms by which to adjust, nan where nothing could be learned by then.

    `changes` (P, T + 1, steps) of P indices, `fresh` (T + 1,). Origin s learns from origins up to
    s − window of the family, of which there must be `least`.
    """
    target = of.change[None]
    complete: Any = np.isfinite(changes).all(axis=2)
    usable: Any = complete[:, None] & np.isfinite(target)
    x = np.where(usable[..., None], np.nan_to_num(changes)[:, None], 0.0)
    y = np.where(usable, np.nan_to_num(target), 0.0)
    width = target.shape[2]
    at = np.arange(width) - of.window[:, None]

    def learned(part: Floats) -> Floats:
        total = np.cumsum(part, axis=2)
        cut = np.maximum(at, 0).reshape(1, *at.shape, *(1,) * (total.ndim - 3))
        found = np.take_along_axis(total, cut, axis=2)
        return np.where(at.reshape(cut.shape) >= 0, found, 0.0)

    count = learned(usable.astype(float))
    n = np.maximum(count, 1.0)
    mean_x = learned(x) / n[..., None]
    mean_y = learned(y) / n
    square = learned(x[..., :, None] * x[..., None, :]) / n[..., None, None]
    square -= mean_x[..., :, None] * mean_x[..., None, :]
    cross = learned(x * y[..., None]) / n[..., None] - mean_x * mean_y[..., None]
    spread = np.sqrt(np.maximum(np.einsum("...kk->...k", square), 0.0))
    moves = spread > 1e-9
    unit = np.where(moves, spread, 1.0)
    ridge = _RIDGE * of.window[None, :, None] / n
    system = square / (unit[..., :, None] * unit[..., None, :])
    system = system + (ridge[..., None] + 1e-6)[..., None] * np.eye(len(STEPS))
    slope = np.linalg.solve(system, (np.where(moves, cross / unit, 0.0))[..., None])[..., 0]
    z = np.clip((np.nan_to_num(changes)[:, None] - mean_x) / unit, -_Z, _Z)
    made = np.clip((slope * z).sum(axis=-1), -_MOST, _MOST)
    known = complete[:, None] & fresh[None, None]
    return np.where(known & (count >= least), made, np.nan)


def cut_offs(panel: Panel, origin: Any) -> np.ndarray[Any, Any]:
    """(T + 1,) the day up to which publications count at each origin.

    `origin`: that of the latest origin; None: the first day after the panel. Earlier ones lie as
    long after the end of their last period.
    """
    following = panel.ahead(1)[0]
    starts = np.append(panel.periods, following)
    if origin is None or np.isnat(np.datetime64(origin, "D")):
        return starts
    return np.asarray(starts + (np.datetime64(origin, "D") - following))
