"""What market index and lifecycle add to the sales history, where they have proved that they help.

Each factor is judged on earlier origins whose windows have ended: it is used in a segment – a family,
or a stage of the lifecycle – only if it lowers the loss by more than two standard errors (paired
block bootstrap over origins). The index has to lower the squared error of the family's demand, must
not raise the pinball loss at 0.9 of its parts, and none of several shuffled indices may do as well.
The lifecycle has to lower the pinball loss at 0.9 of the parts in the stage: most of them sell in
single pieces, and there squared errors favour whoever expects nothing. What does not win weighs 0,
and `Use.reason` says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import norm

from chip_channel.planning import market, roll
from chip_channel.planning.facts import Facts
from chip_channel.planning.market import Index
from chip_channel.planning.panel import Panel
from chip_channel.planning.simulate import Floats, Ints, clean
from chip_channel.planning.stages import ENDING, STAGES, Stages, dates, stages
from chip_channel.planning.verdict import (
    CLEAR,
    LEAST_BLOCKS,
    NO_GAIN,
    NO_INDEX,
    NO_PARTS,
    PLACEBO,
    STOPPED,
    TOO_SHORT,
    USED,
    Use,
    judge,
    whole,
    window_totals,
)

INDEX, LIFECYCLE = "market_index", "lifecycle"
NOTHING = Facts()
SCHEMA: dict[str, Any] = {
    "segment": pl.String, "factor": pl.String, "used": pl.Boolean, "gain": pl.Float64,
    "gain_error": pl.Float64, "placebo_gain": pl.Float64, "reason": pl.String, "series": pl.String,
    "origins": pl.Int64,
}  # fmt: skip
"""Columns of verdicts as rows; see `verdict.Use`."""
_LEAST_ROWS = 20
_UPPER = 1.6
"""Mean absolute errors from the mean to the 0.9 quantile of a normal distribution."""


@dataclass(frozen=True, eq=False)
class Adjustments:
    """Pieces over lead time + review, one per series of the panel (n,)."""

    market_index: Floats
    lifecycle: Floats
    """Added to the mean after the index."""
    cap: Floats
    """Demand that is still expected at all; nan where no end is known."""
    used: list[Use]
    fallbacks: dict[str, int]
    """Series by what was missing or contradicted itself, and rows of the index that were dropped."""

    def frame(self) -> pl.DataFrame:
        """`used` as rows."""
        return pl.DataFrame([vars(use) for use in self.used], SCHEMA)


def adjust(
    panel: Panel,
    windows: Any,
    mean: Floats,
    facts: Facts = NOTHING,
    *,
    earlier: Floats | None = None,
    settled: Sequence[Use] | None = None,
) -> Adjustments:
    """What index and lifecycle add to `mean` (n,), the expectation from the history.

    `windows`: periods of lead time + review, one number or (n,). `earlier` (n, T + 1): the history's
    expectation at earlier origins, nan where not made, as `roll.Outlook.mean`; without it a fast
    smoothing stands in. `settled`: verdicts of an earlier call, which are followed as they are: where
    a factor was used it is used, and nothing is judged.

    Raises ValueError for arrays of a wrong length alone; whatever the data look like falls back by
    name, and is counted.
    """
    n = len(panel)
    if np.shape(mean) != (n,):
        raise ValueError(f"the mean is {np.shape(mean)}; there are {n} series")
    if not n or not len(panel.periods):
        return Adjustments(np.zeros(n), np.zeros(n), np.full(n, np.nan), [], {})
    paths = expectations(panel, windows, mean, facts, earlier)
    made = paths.at(len(panel.periods), settled=settled)
    bad = int((~_usable(np.asarray(mean, float))).sum())
    return replace(made, fallbacks=made.fallbacks | ({"no_mean": bad} if bad else {}))


def expectations(
    panel: Panel, windows: Any, mean: Floats, facts: Facts = NOTHING, earlier: Floats | None = None
) -> Paths:
    """Both factors at every origin around `mean` (n,) at the last one; arguments as in `adjust`."""
    n, given = len(panel), np.asarray(mean, dtype=float)
    past = smoothed(panel, whole(windows, n)[0]) if earlier is None else np.array(earlier, float)
    if past.shape != (n, len(panel.periods) + 1):
        raise ValueError(
            f"earlier means are {past.shape}; one per origin and one for now is wanted"
        )
    past[:, -1] = np.where(_usable(given), given, 0.0)
    return prepare(panel, windows, past, facts)


def _usable(mean: Floats) -> Any:
    return np.isfinite(mean) & (mean >= 0)


def smoothed(panel: Panel, window: Ints) -> Floats:
    """(n, T + 1) expectation by fast smoothing, nan before a series and before the first origin."""
    begun = np.cumsum(np.isfinite(panel.values), axis=1) > 0
    level = roll.smooth(clean(panel.values), begun, roll.MEMORY[panel.freq]) * window[:, None]
    made = np.pad(begun, ((0, 0), (1, 0))) & (np.arange(level.shape[1]) >= first_origin(panel))
    return np.where(made, level, np.nan)


def first_origin(panel: Panel) -> int:
    """Column of the first origin that teaches anything."""
    return min(roll.LEAST[panel.freq], max(len(panel.periods) // 2, 1))


@dataclass(frozen=True, eq=False)
class Paths:
    """Both factors at every origin, from what was known by it; build with `prepare`."""

    panel: Panel
    window: Ints
    mean: Floats
    """(n, T + 1) from the history."""
    index: Index
    days: np.ndarray[Any, Any]
    """(T + 1,) until when publications count."""
    of: market.Families
    stages: Stages
    total: Floats
    """(n, T + 1) demand over the window, nan where it has not ended or is not known."""
    spread: Floats
    """(n, T + 1) mean absolute error of `mean`, as known by each origin."""
    fallbacks: dict[str, int]

    @cached_property
    def views(self) -> dict[str, market.View]:
        """The index as it stood at each origin, by series."""
        return {
            name: market.view(self.index, name, self.days)
            for name in np.unique(self.index.series).tolist()
        }

    @cached_property
    def logs(self) -> dict[str, Floats]:
        """(F, T + 1) logarithms of the adjustment by each index, nan where not made."""
        least = market.LEAST[self.panel.freq]
        return {
            name: market.adjustments(seen.changes()[None], seen.fresh, self.of, least)[0]
            for name, seen in self.views.items()
        }

    @cached_property
    def uppers(self) -> dict[str, Floats]:
        """(F, T + 1) pinball loss at 0.9 by each index; `""`: without any."""
        made = {"": self.pinball(self.mean)}
        for name, log in self.logs.items():
            made[name] = self.pinball(self.mean * np.exp(np.nan_to_num(log))[self.of.member])
        out = {}
        for name, loss in made.items():
            out[name] = np.zeros(self.of.actual.shape)
            np.add.at(out[name], self.of.member, np.nan_to_num(loss))
        return out

    def pinball(self, mean: Floats) -> Floats:
        """(n, T + 1) loss of the 0.9 quantile around `mean`; nan where nothing is known."""
        gap = self.total - np.maximum(mean + _UPPER * self.spread, 0.0)
        return np.maximum(0.9 * gap, -0.1 * gap)

    def at(
        self, s: int, force: Sequence[str] = (), without: Sequence[str] = (),
        settled: Sequence[Use] | None = None,
    ) -> Adjustments:  # fmt: skip
        """The factors at origin `s`, judged by what was known then, or as `settled` before.

        `force`: INDEX, LIFECYCLE or "placebo" – a shuffled index – are applied without a verdict.
        `without`: INDEX or LIFECYCLE is left out, as if there were no such factor.
        """
        mean = np.nan_to_num(self.mean[:, s])
        index, found = np.zeros(len(self.of.names)), list[Use]()
        expected, uses = np.full(len(mean), np.nan), list[Use]()
        if INDEX not in without or "placebo" in force:
            index, found = self._index(s, force) if settled is None else self._settled(s, settled)
        if LIFECYCLE not in without:
            expected, uses = self._stage(s, LIFECYCLE in force, settled)
        factor = np.exp(index)[self.of.member]
        ending = self.stages.stage[:, s] == ENDING
        ramps = ending & np.isfinite(expected)
        cap = np.where(ramps, self.stages.ramped[:, s], self.stages.plain[:, s])
        cap = np.maximum(cap, 0.0) * np.where(np.isfinite(cap), factor, 1.0)
        goal = np.where(np.isfinite(expected), np.nan_to_num(expected), mean) * factor
        # what is left until the end of sales bounds the window, whatever else is known
        goal = np.maximum(np.where(np.isfinite(cap), np.minimum(goal, cap), goal), 0.0)
        if LIFECYCLE in without:
            goal, cap = mean * factor, np.full(len(mean), np.nan)
        return Adjustments(
            mean * (factor - 1), goal - mean * factor, cap, found + uses, self.fallbacks
        )

    def _index(self, s: int, force: Sequence[str]) -> tuple[Floats, list[Use]]:
        """Logarithm of the adjustment by family (F,), and what was decided."""
        names, out = self.of.names.tolist(), np.zeros(len(self.of.names))
        seen = {name: v for name, v in self.views.items() if v.newest[s] >= 0}
        if not seen:
            return out, [self._none(name, NO_INDEX) for name in names]
        if not any(v.fresh[s] for v in seen.values()):
            return out, [self._none(name, STOPPED) for name in names]
        fresh = {name: v for name, v in seen.items() if v.fresh[s]}
        shuffled: dict[str, Floats] = {}
        past = np.arange(self.mean.shape[1]) <= s
        for k, (name, v) in enumerate(fresh.items()):
            rng = np.random.default_rng([s, k])
            cut = replace(
                self.of, actual=self.of.actual[:, : s + 1], expected=self.of.expected[:, : s + 1]
            )
            made = v.placebos(s, rng)[:, : s + 1]
            shuffled[name] = market.adjustments(
                made, v.fresh[: s + 1], cut, market.LEAST[self.panel.freq]
            )
        uses = []
        strict = float(norm.isf(norm.sf(CLEAR) / len(fresh)))
        for f in range(len(names)):
            ended = past & (np.arange(len(past)) + self.of.window[f] <= s)
            tried = [self._try(f, s, name, shuffled[name], ended) for name in fresh]
            best = max(tried, key=lambda use: np.nan_to_num(use[0].gain, nan=-np.inf))
            use, upper = best
            placebo = (
                float(np.nanmax([t[0].placebo_gain for t in tried])) if use.origins else np.nan
            )
            log = self.logs[use.series][f, s]
            if use.origins < self._least(int(self.of.window[f])) or np.isnan(log):
                reason = TOO_SHORT
            elif not use.gain > strict * use.gain_error or not upper:
                reason = NO_GAIN
            elif use.gain <= placebo:
                reason = PLACEBO
            else:
                reason = USED
            uses.append(replace(use, used=reason == USED, reason=reason, placebo_gain=placebo))
            if "placebo" in force:
                log = shuffled[use.series][0, f, s]
            if reason == USED or INDEX in force or "placebo" in force:
                out[f] = np.nan_to_num(log)
        return out, uses

    def _settled(self, s: int, settled: Sequence[Use]) -> tuple[Floats, list[Use]]:
        """The index where an earlier verdict lets it, as long as it is still published."""
        of = {use.segment: use for use in settled if use.factor == INDEX}
        uses = [of.get(name, self._none(name, TOO_SHORT)) for name in self.of.names.tolist()]
        out = np.zeros(len(uses))
        for f, use in enumerate(uses):
            if use.used and (use.series not in self.views or not self.views[use.series].fresh[s]):
                uses[f] = replace(use, used=False, reason=STOPPED)
            elif use.used:
                out[f] = np.nan_to_num(self.logs[use.series][f, s])
        return out, uses

    def _try(self, f: int, s: int, name: str, shuffled: Floats, ended: Any) -> tuple[Use, bool]:
        """What index `name` did for a family, and whether the upper quantile was no worse."""
        log = self.logs[name][f]
        judged = np.flatnonzero(ended & np.isfinite(log) & np.isfinite(self.of.actual[f]))
        base, use = self.of.expected[f, judged], self._none(str(self.of.names[f]), "", name)
        actual = self.of.actual[f, judged]
        before = (actual - base) ** 2
        after = (actual - base * np.exp(log[judged])) ** 2
        if not len(judged) or before.sum() <= 0:
            return use, False
        gain, error = judge(before, after, int(self.of.window[f]))
        fakes = np.exp(np.nan_to_num(shuffled[:, f, judged]))
        fake = 1 - ((actual - base * fakes) ** 2).sum(axis=1) / before.sum()
        upper = self.uppers[name][f, judged].sum() <= self.uppers[""][f, judged].sum()
        return replace(
            use, gain=gain, gain_error=error, placebo_gain=float(fake.max()), origins=len(judged)
        ), bool(upper)

    def _none(self, segment: str, reason: str, series: str = "") -> Use:
        return Use(segment, INDEX, False, np.nan, np.nan, np.nan, reason, series)

    def _least(self, window: int) -> int:
        return max(LEAST_BLOCKS * window, 6 if self.panel.freq == "MS" else 26)

    def _stage(
        self, s: int, force: bool, settled: Sequence[Use] | None = None
    ) -> tuple[Floats, list[Use]]:
        """Expectation (n,) of the stages that are used, nan elsewhere, and what was decided."""
        of = {use.segment: use for use in settled or () if use.factor == LIFECYCLE}
        uses = [of.get(name) or self._judged(s, stage, name) for stage, name in STAGES.items()]
        out = np.full(len(self.mean), np.nan)
        for stage, use in zip(STAGES, uses, strict=True):
            if use.used or force:
                out = np.where(self.stages.stage[:, s] == stage, self.stages.expected[:, s], out)
        return out, uses

    def _judged(self, s: int, stage: int, name: str) -> Use:
        """Whether the stage's expectation has proved itself by origin `s`."""
        known = np.isfinite(self.panel.values[:, :s])
        sold = np.where(known, clean(self.panel.values[:, :s]), 0.0).sum(axis=1)
        scale = np.maximum(sold / np.maximum(known.sum(axis=1), 1), 1e-9) * self.window
        here = self.stages.stage == stage
        rows, origin = np.nonzero(
            here & np.isfinite(self.stages.expected) & np.isfinite(self.total)
        )
        ended = (origin + self.window[rows] <= s) & (sold[rows] > 0)
        rows, origin = rows[ended], origin[ended]
        use = Use(name, LIFECYCLE, False, np.nan, np.nan, np.nan, TOO_SHORT)
        if not here[:, s].any():
            return replace(use, reason=NO_PARTS)
        origins = np.unique(origin)
        span = int(np.median(self.window[rows])) if len(rows) else 1
        if len(rows) < _LEAST_ROWS or len(origins) < self._least(span):
            return use
        mean, made = np.nan_to_num(self.mean[rows, origin]), self.stages.expected[rows, origin]
        before, after = (self._upper(rows, origin, x, scale[rows])[origins] for x in (mean, made))
        gain, error = judge(before, after, span)
        wins = gain > CLEAR * error
        return replace(
            use, used=wins, gain=gain, gain_error=error, reason=USED if wins else NO_GAIN,
            origins=len(origins),
        )  # fmt: skip

    def _upper(self, rows: Ints, origin: Ints, mean: Floats, unit: Floats) -> Floats:
        gap = self.total[rows, origin] - np.maximum(mean + _UPPER * self.spread[rows, origin], 0.0)
        return np.asarray(
            np.bincount(origin, np.maximum(0.9 * gap, -0.1 * gap) / unit), dtype=float
        )


def prepare(panel: Panel, windows: Any, mean: Floats, facts: Facts = NOTHING) -> Paths:
    """Both factors at every origin; arguments as in `adjust`, `mean` (n, T + 1)."""
    n = len(panel)
    window, missing = whole(windows, n)
    demand, days = clean(panel.values), market.cut_offs(panel, facts.origin)
    kinds = facts.families(n)
    total = window_totals(panel, window)
    every = np.ones(mean.shape, bool)
    spread, _ = roll.learn(
        demand, mean, np.nan_to_num(mean) / window[:, None], every, window, roll.FADE[panel.freq]
    )
    when = dates(panel, facts.launched, facts.last_buy, facts.last_ship)
    year = 12 if panel.freq == "MS" else 52
    given = Index.of([], [], [], []) if facts.index is None else facts.index
    known = given.until(days[-1])
    counts = {
        "no_window": missing, "no_family": int((kinds == "").sum()), "index_rows_dropped": known.dropped,
    }  # fmt: skip
    support = year if facts.support is None else facts.support
    made = stages(panel, window, mean, kinds, when, support, first_origin(panel))
    return Paths(
        panel, window, mean, known, days, market.families(total, mean, kinds, window), made, total,
        spread, made.fallbacks | {name: count for name, count in counts.items() if count},
    )  # fmt: skip
