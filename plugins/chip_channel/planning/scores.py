"""How good a forecast was. Every function takes whole matrices, nan where nothing is known.

`actual` (n, H), `mean` (n, H), `quantiles` (n, H, Q), `levels` (Q,), `past` (n, T) with nan before a
series begins. Periods without an actual value are left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def mase_scale(past: Array, season: int) -> Array:
    """(n,) mean absolute change from a season before, of the known history."""
    return _change(past, season, 1)


def mase(actual: Array, mean: Array, past: Array, season: int) -> Array:
    """(n,) mean absolute scaled error; nan where the history never changes.

    mean |y − f| ÷ mean |y_t − y_{t−m}| of the history. Hyndman and Koehler (2006): Another look at
    measures of forecast accuracy. International Journal of Forecasting 22.
    """
    return _ratio(_mean(np.abs(actual - mean)), _change(past, season, 1))


def rmsse(actual: Array, mean: Array, past: Array, season: int) -> Array:
    """(n,) root mean squared scaled error; nan where the history never changes.

    √(mean (y − f)² ÷ mean (y_t − y_{t−m})² of the history). Makridakis, Spiliotis, Assimakopoulos
    (2022): M5 accuracy competition. International Journal of Forecasting 38.
    """
    return np.sqrt(_ratio(_mean((actual - mean) ** 2), _change(past, season, 2)))


def smape(actual: Array, mean: Array) -> Array:
    """(n,) 2 |y − f| ÷ (|y| + |f|), its mean; a period where both are 0 counts 0."""
    size = np.abs(actual) + np.abs(mean)
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = 2 * np.abs(actual - mean) / size
    return _mean(np.where(size == 0, 0.0, gap))


def owa(actual: Array, mean: Array, reference: Array, past: Array, season: int) -> float:
    """Half of sMAPE ÷ sMAPE of Naive2 plus half of MASE ÷ MASE of Naive2, each a mean over series.

    `reference` (n, H): the forecast of Naive2. Makridakis, Spiliotis, Assimakopoulos (2020): The M4
    competition. International Journal of Forecasting 36.
    """
    by_size = np.nanmean(smape(actual, mean)) / np.nanmean(smape(actual, reference))
    scaled = [np.nanmean(mase(actual, f, past, season)) for f in (mean, reference)]
    return float(0.5 * (by_size + scaled[0] / scaled[1]))


def pinball(actual: Array, quantiles: Array, levels: Array) -> Array:
    """Pinball loss of each value, shape of `quantiles`: (p − [y < q]) (y − q).

    Koenker and Bassett (1978): Regression quantiles. Econometrica 46. `actual` lacks the last axis.
    """
    gap = actual[..., None] - quantiles
    return np.maximum(levels * gap, (levels - 1) * gap)


def wql(actual: Array, quantiles: Array, levels: Array) -> float:
    """Weighted quantile loss: mean over levels of 2 Σ pinball ÷ Σ |y|.

    Park et al. (2022), Learning quantile functions without quantile crossing; as GluonTS reports.
    All zeros score 1 when the levels lie evenly around 0.5. nan without any demand.
    """
    total = np.nansum(np.abs(actual))
    if total == 0:
        return float("nan")
    return float(2 * np.nansum(pinball(actual, quantiles, levels)) / total / len(levels))


def coverage(actual: Array, low: Array, high: Array) -> float:
    """Share of the known values that lie from `low` to `high`, both included."""
    known = ~np.isnan(actual)
    inside = (actual >= low) & (actual <= high)
    return float(inside[known].mean()) if known.any() else float("nan")


def covered(actual: Array, quantiles: Array, levels: Array, share: float) -> Array:
    """How much of each value lies in the central interval of `share`, 0 to 1, shape of `actual`.

    Its mean is `share` for a true distribution of any kind. For counts a plain coverage cannot be:
    a jump of the distribution over the edge of the interval counts in part, as in the randomised
    probability integral transform (Czado, Gneiting, Held 2009: Predictive model assessment for
    count data. Biometrics 65). `levels` should lie close together, as the jump is read from them.
    """
    known = ~np.isnan(actual)
    y = np.where(known, actual, 0.0)[..., None]
    edges = np.concatenate([[0.0], levels, [1.0]])
    below, upto = (quantiles < y).sum(axis=-1), (quantiles <= y).sum(axis=-1)
    low, high = edges[below], edges[upto + 1]
    low = np.where(y[..., 0] <= 0, 0.0, low)
    inside = np.minimum(high, 0.5 + share / 2) - np.maximum(low, 0.5 - share / 2)
    return np.where(known, np.clip(inside / (high - low), 0.0, 1.0), np.nan)


def bias(actual: Array, mean: Array) -> float:
    """Σ (f − y) ÷ Σ y: 0.1 says that forecasts were 10 % too high in sum. nan without demand."""
    known = ~np.isnan(actual)
    total = actual[known].sum()
    return float((mean[known].sum() - total) / total) if total else float("nan")


def brier(happened: NDArray[np.bool_], probability: Array) -> float:
    """Mean squared difference of a probability and what happened (0 or 1). Brier (1950)."""
    return float(np.mean((probability - happened) ** 2))


def brier_skill(happened: NDArray[np.bool_], probability: Array) -> float:
    """1 − Brier ÷ Brier of the base rate: above 0 is better than saying the same for all."""
    base = brier(happened, np.full(len(happened), np.mean(happened)))
    return 1.0 - brier(happened, probability) / base if base else float("nan")


def _change(past: Array, season: int, power: int) -> Array:
    return _mean(np.abs(past[:, season:] - past[:, :-season]) ** power)


def _mean(x: Array) -> Array:
    """Per row, of what is known."""
    known = ~np.isnan(x)
    return _ratio(np.where(known, x, 0.0).sum(axis=1), known.sum(axis=1).astype(float))


def _ratio(above: Array, below: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, above / below, np.nan)
