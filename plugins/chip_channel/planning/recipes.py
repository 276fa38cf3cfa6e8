"""Recipes: which models are combined for which demand class, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chip_channel.planning import classify as c
from chip_channel.planning.history import History, join
from chip_channel.planning.models import MODELS, mean


@dataclass(frozen=True)
class Recipe:
    """A combination of models and the family of its distribution."""

    models: tuple[str, ...]
    """Names in MODELS; the point forecast is the mean of those that succeed."""
    family: Literal["counts", "errors"]
    """`counts`: negative binomial around the mean; `errors`: mean plus a scaled error."""
    boosted: float = 0.0
    """Share of the pooled gradient boosting in the mean, where the history suffices for it."""
    least: int = 1
    """With fewer periods the mean of what there is takes the recipe's place: `too_short`."""


RECIPES: dict[str, Recipe] = {
    "fast": Recipe(("theta", "log_theta", "log_ces"), "errors", least=8),
    "full": Recipe(("theta", "log_theta", "log_ces", "ets"), "errors", least=8),
    "theta": Recipe(("theta",), "errors", least=8),
    "steady": Recipe(("mean", "imapa"), "errors", least=8),
    "seasonal_naive": Recipe(("seasonal_naive",), "errors"),
    "intermittent": Recipe(("imapa", "adida", "tsb"), "counts", boosted=0.7),
    "intermittent_plain": Recipe(("imapa", "adida", "tsb"), "counts"),
    "boosted": Recipe(("imapa",), "counts", boosted=1.0),
    "rare": Recipe(("imapa", "adida"), "counts"),
    "mean": Recipe(("mean",), "counts"),
    "zero": Recipe(("zero",), "counts"),
}
DEFAULTS: dict[str, str] = {
    c.SMOOTH: "fast",
    c.ERRATIC: "fast",
    c.INTERMITTENT: "intermittent",
    c.LUMPY: "intermittent",
    c.NEW: "intermittent",
    c.ENDING: "intermittent",
    c.DEAD: "rare",  # other models forget with every silent month, and demand returns all the same
    c.NEVER_SOLD: "zero",
    c.TOO_SHORT: "mean",
}
"""Demand class -> recipe, where nothing else was chosen."""

TOO_SHORT, ALL_ZERO, FAILED, CLAMPED = "too_short", "all_zero", "model_failed", "clamped"
_GREATEST = 4.0
"""A mean beyond this many times the greatest demand ever seen is an explosion, not a forecast."""


def chosen(classes: NDArray[np.str_], recipes: Mapping[str, str] | None) -> NDArray[np.str_]:
    """The recipe (n,) of each series; `recipes` maps classes to names and completes DEFAULTS.

    Raises KeyError for a class or a recipe that does not exist.
    """
    table = dict(DEFAULTS)
    for name, recipe in (recipes or {}).items():
        if name not in DEFAULTS:
            raise KeyError(f"{name} is no demand class; there are {', '.join(DEFAULTS)}")
        if recipe not in RECIPES:
            raise KeyError(f"{recipe} is no recipe; there are {', '.join(RECIPES)}")
        table[name] = recipe
    found, place = np.unique(classes, return_inverse=True)
    return np.array([table[name] for name in found.tolist()], dtype=np.str_)[place]


def point(
    recipe: Recipe, history: History, horizon: int, season: int
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Mean demand (n, H) by a recipe without its boosted share, and fallback reasons (n,)."""
    n = len(history.first)
    length = history.length()
    short = length < recipe.least
    empty = ~short & ~(history.values > 0).any(axis=1)
    able = ~short & ~empty
    out = mean(history, horizon, season)
    failed = np.zeros(n, bool)
    if able.any():
        part = history.take(able)
        runs = np.stack([MODELS[name](part, horizon, season) for name in recipe.models])
        greatest = part.values.max(axis=1)[:, None]
        bad = ~np.isfinite(runs) | (np.abs(runs) > 1e3 * greatest)
        lost = bad.any(axis=(0, 2))
        kept = np.where(bad.any(axis=2, keepdims=True), np.nan, runs)
        count = (~np.isnan(kept)).sum(axis=0)
        total = np.nansum(kept, axis=0)
        out[able] = np.where(count > 0, total / np.maximum(count, 1), out[able])
        failed[able] = lost
    limit = _GREATEST * history.values.max(axis=1, initial=0.0)[:, None]
    clamped = (out > limit).any(axis=1)
    out = np.clip(out, 0.0, limit)
    return out, join((short, TOO_SHORT), (empty, ALL_ZERO), (failed, FAILED), (clamped, CLAMPED))
