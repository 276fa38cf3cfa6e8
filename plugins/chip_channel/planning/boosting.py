"""Gradient boosting pooled over series: what demand becomes, as a multiple of what it was.

One Poisson model (scikit-learn's histogram boosting) learns from earlier origins how the mean demand
of the periods ahead relates to the last two seasons' mean, given how often, how lumpy and how lately
a series sold. Every feature and the target are free of units, so that parts of any size teach each
other. Months and steps ahead as features made it worse on intermittent demand: the result is flat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from chip_channel.planning import intermittent
from chip_channel.planning.classify import patterns
from chip_channel.planning.history import History, origins, prepare
from chip_channel.planning.panel import Panel
from chip_channel.planning.quantiles import spread

Array = NDArray[np.float64]

LEAST_HISTORY = 24
"""Series with fewer periods are left to the other models."""
SERIES = 10_000
"""As many series teach at most."""
_ORIGINS, _LEAST_ROWS = 3, 200
_BINS = 128
"""Weighted ones take most of the time to find, and 255 are no better on demand with gaps."""


@dataclass(frozen=True)
class Boosting:
    """A fitted model."""

    model: HistGradientBoostingRegressor
    season: int

    def mean(self, history: History) -> Array:
        """(n,) mean demand per period ahead."""
        features, usual = _features(history, self.season)
        return self.model.predict(features) * usual


def fit(panel: Panel, horizon: int, season: int) -> Boosting | None:
    """Learn from up to three earlier origins of the panel; None where there is too little."""
    known, ahead = origins(len(panel.periods), horizon, _ORIGINS, least=max(season // 2, 8))
    rows: list[tuple[Array, Array, Array]] = []
    for at in known:
        past = panel.until(panel.periods[at - 1])
        truth = panel.values[:, at : at + ahead]
        sure = ~np.isnan(truth) & ~panel.censored[:, at : at + ahead]
        begun = sure.any(axis=1) & (past.values > 0).any(axis=1)
        if not begun.any():
            continue
        history = prepare(past.take(begun), season)
        features, usual = _features(history, season)
        seen = np.where(sure, np.maximum(truth, 0.0), 0.0)[begun].sum(axis=1)
        packs = usual / spread(history, season).unit
        weight = np.minimum(packs, np.quantile(packs, 0.99))
        rows.append((features, seen / sure[begun].sum(axis=1) / usual, weight))
    if sum(len(target) for _, target, _ in rows) < _LEAST_ROWS:
        return None
    features, target, weight = (np.concatenate(part) for part in zip(*rows, strict=True))
    if not (target > 0).any():
        return None
    model = HistGradientBoostingRegressor(
        loss="poisson", max_iter=150, learning_rate=0.04, max_leaf_nodes=15, min_samples_leaf=100,
        max_bins=_BINS, l2_regularization=1.0, early_stopping=False, random_state=0,
    )  # fmt: skip
    with threadpool_limits(1, "openmp"):  # two threads wait for each other, and are no sooner done
        return Boosting(model.fit(features, target, sample_weight=weight), season)


def _features(history: History, season: int) -> tuple[Array, Array]:
    """(n, F) features, and the (n,) usual demand that targets are multiples of, above 0."""
    values, first = history.values, history.first
    n, width = values.shape
    length = np.maximum(history.length(), 1)
    overall = values.sum(axis=1) / length
    spans = np.unique(np.clip(np.rint(season * np.array([1 / 12, 0.25, 0.5, 1, 2])), 1, None))
    recent = [_recent(values, length, int(size)) for size in spans]
    often = [_recent(values > 0, length, int(size)) for size in spans]
    usual = 0.9 * recent[-1] + 0.1 * overall
    usual = np.where(usual > 0, usual, 1.0)
    models = [kernel(values, first) for kernel in _KERNELS]
    positive = values > 0
    since = np.where(positive.any(axis=1), positive[:, ::-1].argmax(axis=1), width)
    hits = positive.sum(axis=1)
    size = values.sum(axis=1) / np.maximum(hits, 1)
    _, varied = patterns(values)
    shape = spread(history, season)
    columns = [
        *(level / usual for level in (*models, *recent, overall)), *often, hits / length,
        since, length, np.nan_to_num(varied), np.log(usual / shape.unit), size / shape.unit,
        shape.ratio, values.max(axis=1, initial=0.0) / usual,
    ]  # fmt: skip
    return np.column_stack([np.asarray(c, np.float64).reshape(n) for c in columns]), usual


_KERNELS = (intermittent.imapa, intermittent.adida, intermittent.tsb)


def _recent(values: NDArray, length: NDArray[np.intp], size: int) -> Array:
    """Mean of the last `size` periods, or of as many as there are."""
    total = values[:, -min(size, values.shape[1]) :].sum(axis=1)
    return total / np.minimum(size, length)
