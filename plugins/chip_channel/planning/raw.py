"""A forecast before calibration: mean and spread of each series, from its class's recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chip_channel.planning import boosting
from chip_channel.planning.boosting import Boosting
from chip_channel.planning.history import join, prepare
from chip_channel.planning.panel import Panel
from chip_channel.planning.quantiles import GRID, Distribution, Spread, spread
from chip_channel.planning.recipes import RECIPES, point

Array = NDArray[np.float64]

NOT_BOOSTED = "not_boosted"


@dataclass(frozen=True, eq=False)
class Raw:
    """A forecast of n series before calibration."""

    classes: NDArray[np.str_]
    recipe: NDArray[np.str_]
    counted: NDArray[np.bool_]
    mean: Array
    """(n, H)"""
    spread: Spread
    reasons: NDArray[np.str_]

    def take(self, series: Any) -> Raw:
        """Some of the series."""
        return Raw(
            self.classes[series], self.recipe[series], self.counted[series], self.mean[series],
            self.spread.take(series), self.reasons[series],
        )  # fmt: skip


def predict(
    panel: Panel,
    classes: NDArray[np.str_],
    names: NDArray[np.str_],
    boosted: Boosting | None,
    season: int,
    horizon: int,
) -> Raw:
    """Forecast with the recipes `names` (n,). Where a recipe asks for boosting and the history is
    too short, or nothing could be learned, it does without and says so."""
    history = prepare(panel, season)
    mean = np.zeros((len(panel), horizon))
    counted = np.ones(len(panel), bool)
    reasons = history.reasons
    known = history.length() > 0
    for name in np.unique(names).tolist():
        here = np.flatnonzero((names == name) & known)
        if not len(here):
            continue
        recipe, part = RECIPES[name], history.take(here)
        mean[here], why = point(recipe, part, horizon, season)
        counted[here] = recipe.family == "counts"
        able = (part.length() >= boosting.LEAST_HISTORY) & (boosted is not None)
        sells = (part.values > 0).any(axis=1)
        mix = here[able & sells]
        if recipe.boosted and boosted is not None and len(mix):
            level = boosted.mean(history.take(mix))[:, None]
            mean[mix] = recipe.boosted * level + (1 - recipe.boosted) * mean[mix]
        without = (recipe.boosted > 0) & sells & ~able
        text = np.full(len(panel), "", dtype=why.dtype)
        text[here] = why
        alone = np.zeros(len(panel), bool)
        alone[here] = without
        reasons = join(reasons, text, (alone, NOT_BOOSTED))
    return Raw(classes, names, counted, mean, spread(history, season), reasons)


def hashes(ids: NDArray[np.str_]) -> NDArray[np.uint64]:
    """A number (n,) per id that depends on nothing else."""
    if not len(ids):
        return np.zeros(0, np.uint64)
    letters = np.ascontiguousarray(ids).view(np.uint32).reshape(len(ids), -1).astype(np.uint64)
    with np.errstate(over="ignore"):
        powers = np.cumprod(np.full(letters.shape[1], 0x9E3779B97F4A7C15, np.uint64))
        mixed = (letters * powers).sum(axis=1, dtype=np.uint64)
        mixed ^= mixed >> np.uint64(29)
        return mixed * np.uint64(0xBF58476D1CE4E5B9)


def span(
    raw: Raw, start: int, stop: int, curves: Array | None = None, rows: NDArray | None = None
) -> Distribution:
    """The distribution of the demand of the periods from `start` to before `stop`."""
    n = len(raw.classes)
    return Distribution(
        raw.counted,
        raw.mean[:, start:stop].sum(axis=1),
        raw.spread,
        np.full(n, float(stop - start)),
        np.zeros(n, np.intp) if rows is None else rows,
        GRID[None, :] if curves is None else curves,
    )
