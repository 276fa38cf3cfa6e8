"""What a planner could have known at the start of each period, and how wrong it was so far.

One forecast per origin, made from the periods before it and nothing else. How wrong the forecast of
origin t was is known only a window later; every figure at t uses the errors that are known by t.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.special import ndtri

from chip_channel.planning.forecast import forecast
from chip_channel.planning.panel import Freq, Panel
from chip_channel.planning.peers import trailing_mean
from chip_channel.planning.simulate import Floats, Ints, Terms, clean

LEAST = {"MS": 12, "W": 26}
"""Periods that the first forecast knows, unless told otherwise."""
YEAR = {"MS": 12, "W": 52}
MEMORY = {"MS": 0.2, "W": 0.05}
"""Smoothing of `recent`; weeks and months forget as much in a year."""
FADE = {"MS": 0.93, "W": 0.983}
"""What an error weighs beside one of the period after it; half of it is gone in ten months."""
LEVELS = np.concatenate([np.linspace(0.01, 0.95, 48), 1 - np.geomspace(0.045, 1e-6, 40)])
"""Levels at which the pooled distribution of errors is kept."""
_PRIOR = 2.0
"""What is usual for others counts in the scale of an item for so many errors of its own, and for a
window of them at least: those of windows that overlap tell much the same."""
_MOST = 10.0
_PIECES = 3.0
_TAIL = 40
"""The distribution of so many greatest errors is drawn as an exponential."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """Per item and origin, (n, T + 1): column t was made from periods before t, nan where not made.

    The last column is the outlook after the last period: what to order now.
    """

    window: Ints
    """(n,) periods that an order has to last: lead time + review."""
    freq: Freq
    mean: Floats
    """Expected demand over the window that starts at t, pieces."""
    scale: Floats
    """Typical error of `mean`, pieces: mean size of those known by t, the later ones above all."""
    ratio: Floats
    """Variance ÷ mean of the demand of a period, in units."""
    unit: Floats
    """Pieces that demand comes in multiples of."""
    classes: np.ndarray[Any, Any]
    """Demand class."""
    counted: np.ndarray[Any, Any]
    """True where demand is counted in few pieces: negative binomial, not mean plus error."""
    errors: Floats
    """(T + 1, levels) pooled distribution of error ÷ scale, known by t."""
    fallbacks: dict[str, int] = field(default_factory=dict)
    """Items by what was mended or replaced at the last origin."""

    def error_quantile(self, level: float) -> Floats:
        """(T + 1,) error ÷ scale that is not exceeded with probability `level`."""
        level = min(max(level, LEVELS[0]), LEVELS[-1])
        at = np.clip(np.searchsorted(LEVELS, level), 1, len(LEVELS) - 1)
        # between levels the tail is a line in the logarithm of what is left
        left = np.log1p(-np.array([LEVELS[at - 1], level, LEVELS[at]]))
        share = (left[0] - left[1]) / (left[0] - left[2])
        between = self.errors[:, at - 1] * (1 - share) + self.errors[:, at] * share
        return np.asarray(between, dtype=float)


def roll(
    panel: Panel,
    terms: Terms,
    *,
    first: int,
    every: int = 1,
    recipes: Mapping[str, str] | None = None,
    season_length: int | None = None,
    launched: Any = None,
) -> Outlook:
    """Forecast at every origin from `first` (column of the panel, ≥ 1) to T, which is now.

    An origin t sees columns before t alone. A series that has not begun by then expects nothing.
    With `every` above 1 only each so-manieth origin back from T is forecast, and `first`; those
    between carry on what the last one expected: less work, by a planner who looks less often.
    `launched` as in `forecast`.
    """
    n, periods = panel.values.shape
    shape = (n, periods + 1)
    mean, usual = np.full(shape, np.nan), np.full(shape, np.nan)
    ratio, unit = np.ones(shape), np.ones(shape)
    counted, classes = np.zeros(shape, bool), np.full(shape, "too_short", dtype="<U12")
    fallbacks: dict[str, int] = {}
    begin = max(first, 1)
    origins = [t for t in range(begin, periods + 1) if t == begin or (periods - t) % every == 0]
    for origin in origins if n else ():
        made = forecast(
            panel.until(panel.periods[origin - 1]), 1, terms.window, season_length, recipes,
            levels=(0.5,), calibrated=False, launched=launched,
        )  # fmt: skip
        spread = made.spans.spread
        for whole, known in (
            (mean, made.cumulative_mean), (usual, spread.scale), (ratio, spread.ratio),
            (unit, spread.unit), (counted, made.spans.counted), (classes, made.classes),
        ):  # fmt: skip
            whole[:, origin:] = known[:, None]  # until the next origin
        fallbacks = made.fallbacks()
    scale, errors = learn(clean(panel.values), mean, usual, counted, terms.window, FADE[panel.freq])
    return Outlook(
        terms.window, panel.freq, mean, scale, ratio, unit, classes, counted, errors, fallbacks,
    )  # fmt: skip


def recent(values: Floats, outlook: Outlook, alpha: float | None = None) -> Outlook:
    """The same with simple exponential smoothing in place of the recipes: it forgets sooner.

    What no longer sells costs stock long before an accurate mean has come down; whether that is
    worth the lost accuracy is a question for a replay. Variance ÷ mean is smoothed by `alpha` ÷ 2
    and drawn to that of all items by the weight of three units. `values` (n, T).
    """
    alpha = MEMORY[outlook.freq] if alpha is None else alpha
    demand, made = clean(values), np.isfinite(outlook.mean)
    begun = np.cumsum(np.isfinite(values), axis=1) > 0
    level = smooth(demand, begun, alpha)
    variance = smooth((demand - level[:, :-1]) ** 2, begun, alpha / 2)
    mean = np.where(made, level * outlook.window[:, None], np.nan)
    slow = smooth(demand, begun, alpha / 2)
    usual = _pooled_ratio(demand, variance, slow)
    ratio = (variance + _PIECES * usual * outlook.unit) / (slow + _PIECES * outlook.unit)
    ratio = ratio / outlook.unit
    scale, errors = learn(
        demand, mean, np.where(made, np.sqrt(variance), np.nan), outlook.counted, outlook.window,
        FADE[outlook.freq],
    )  # fmt: skip
    return replace(outlook, mean=mean, scale=scale, ratio=ratio, errors=errors)


def blend(values: Floats, recipes: Outlook, quick: Outlook) -> Outlook:
    """The geometric mean of both forecasts, with the variance of `quick`: one errs where the other
    does not."""
    return _around(np.sqrt(recipes.mean * quick.mean), values, recipes, quick)


def steady(values: Floats, recipes: Outlook, quick: Outlook) -> Outlook:
    """The mean of the last year, with the variance of `quick`: what months-of-cover rules stand on."""
    mean = trailing_mean(values, YEAR[recipes.freq]) * recipes.window[:, None]
    return _around(np.where(np.isfinite(recipes.mean), mean, np.nan), values, recipes, quick)


def _around(mean: Floats, values: Floats, recipes: Outlook, quick: Outlook) -> Outlook:
    """`quick` with another mean, and the errors that this one made."""
    scale, errors = learn(
        clean(values), mean, np.where(np.isfinite(mean), recipes.scale, np.nan), recipes.counted,
        recipes.window, FADE[recipes.freq],
    )  # fmt: skip
    return replace(quick, mean=mean, scale=scale, errors=errors)


def all_outlooks(panel: Panel, recipes: Outlook) -> dict[str, Outlook]:
    """The forecasts that a replay chooses from."""
    quick = recent(panel.values, recipes)
    return {
        "recipes": recipes, "recent": quick, "blend": blend(panel.values, recipes, quick),
        "steady": steady(panel.values, recipes, quick),
    }  # fmt: skip


def _pooled_ratio(demand: Floats, variance: Floats, mean: Floats) -> Floats:
    """Variance ÷ mean (n, T + 1) over all items whose sales so far are of the same order of size."""
    sold = np.cumsum(demand, axis=1) / np.maximum(np.cumsum(demand > 0, axis=1), 1)
    order = np.floor(np.log10(np.maximum(np.pad(sold, ((0, 0), (1, 0))), 1.0)))
    out = np.ones_like(mean)
    for decade in np.unique(order):
        here = order == decade
        total = np.where(here, variance, 0.0).sum(axis=0), np.where(here, mean, 0.0).sum(axis=0)
        out = np.where(here, total[0] / np.maximum(total[1], 1e-9), out)
    return out


def smooth(values: Floats, begun: Any, alpha: float) -> Floats:
    """Smoothed (n, T + 1) before each period; at first the mean of what there is."""
    n, width = values.shape
    out, level, count = np.zeros((n, width + 1)), np.zeros(n), np.zeros(n)
    for t in range(width):
        count += begun[:, t]
        weight = np.where(begun[:, t], np.maximum(alpha, 1 / np.maximum(count, 1)), 0.0)
        level = level + weight * (values[:, t] - level)
        out[:, t + 1] = level
    return out


def learn(
    demand: Floats, mean: Floats, usual: Floats, counted: Any, window: Ints, fade: float
) -> tuple[Floats, Floats]:
    """Scales (n, T + 1) and pooled errors (T + 1, levels), from the errors known by each origin.

    `demand` (n, T), `mean` and `usual` (n, T + 1). A scale is the mean of the own absolute errors,
    each period back weighing `fade` times the next, and of some that are usual for others: `usual`,
    the one-period error, × the factor that errors of a window had to it over all items.
    """
    n, width = mean.shape
    total = np.concatenate([np.zeros((n, 1)), np.cumsum(demand, axis=1)], axis=1)
    known_at = np.arange(width) + window[:, None]
    row, origin = np.nonzero((known_at < width) & np.isfinite(mean))
    at = known_at[row, origin]
    error = total[row, at] - total[row, origin] - mean[row, origin]
    size, count = np.zeros((n, width)), np.zeros((n, width))
    size[row, at], count[row, at] = np.abs(error), 1.0
    factor = np.minimum(np.abs(error) / np.maximum(usual[row, origin], 1e-9), _MOST)
    known = np.bincount(at, minlength=width).cumsum()
    pooled = np.bincount(at, factor, minlength=width).cumsum() / np.maximum(known, 1)
    times = np.where(known > 0, pooled, np.sqrt(np.median(window)) if n else 1.0)
    for t in range(1, width):
        size[:, t] += fade * size[:, t - 1]
        count[:, t] += fade * count[:, t - 1]
    prior = np.maximum(_PRIOR, window)[:, None]
    scale = (size + prior * times * np.nan_to_num(usual)) / (count + prior)
    keep = ~counted[row, origin] & (scale[row, origin] > 0)
    scaled = error[keep] / scale[row, origin][keep]
    return scale, _distributions(scaled, at[keep], width)


def _distributions(scaled: Floats, known_at: Ints, width: int) -> Floats:
    """Quantiles (width, levels) of all values known by each column; normal while there are few."""
    out = np.broadcast_to(ndtri(LEVELS), (width, len(LEVELS))).copy()
    order = np.argsort(known_at, kind="stable")
    scaled, ends = scaled[order], np.searchsorted(known_at[order], np.arange(width), side="right")
    for t in np.flatnonzero(np.diff(ends, prepend=0)):
        count = ends[t]
        if count < 2 * _TAIL:
            continue
        seen = np.sort(scaled[:count])
        top = seen[-_TAIL:]
        left = (1 - LEVELS) * count / _TAIL
        drawn = top[0] - (top - top[0]).mean() * np.log(left)
        out[t:] = np.where(left < 1, drawn, np.quantile(seen, LEVELS))
    return out
