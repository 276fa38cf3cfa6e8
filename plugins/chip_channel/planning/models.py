"""Point forecasts by name: each takes a history and gives the mean of every period ahead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from chip_channel.planning import intermittent
from chip_channel.planning.history import History

Matrix = NDArray[np.float64]
Model = Callable[[History, int, int], Matrix]
"""(history of n series, horizon H, season length) -> (n, H), nan where the model failed."""


def _flat(kernel: Callable[..., Matrix], history: History, horizon: int, season: int) -> Matrix:
    level = kernel(history.values, history.first)
    return np.repeat(level[:, None], horizon, axis=1)


def zero(history: History, horizon: int, season: int) -> Matrix:
    """Nothing is expected."""
    return np.zeros((len(history.first), horizon))


def mean(history: History, horizon: int, season: int) -> Matrix:
    """The mean of what there is, at most the last year's."""
    count = np.clip(history.length(), 1, max(season, 12))
    place = np.arange(history.values.shape[1])
    recent = place >= (len(place) - count)[:, None]
    level = np.where(recent, history.values, 0.0).sum(axis=1) / count
    return np.repeat(level[:, None], horizon, axis=1)


def seasonal_naive(history: History, horizon: int, season: int) -> Matrix:
    """The value one season ago; the last value where the history is shorter."""
    values, width = history.values, history.values.shape[1]
    last = np.repeat(values[:, -1:], horizon, axis=1)
    if width < season:
        return last
    again = values[:, width - season + np.arange(horizon) % season]
    return np.where((history.length() >= season)[:, None], again, last)


_LEVEL = 10.0


@dataclass(frozen=True)
class _Scaled:
    """A model of statsforecast on demand as a multiple of its mean, or on the logarithm of that.

    So a forecast does not depend on the unit, and the optimiser needs fewer steps. Logarithms keep
    a forecast positive and changes relative; demand with zeros has none and is modelled without.
    """

    name: str
    log: bool = False
    level: float = _LEVEL
    """The mean that is modelled: a factor, for logarithms a shift."""
    options: tuple[tuple[str, str], ...] = ()

    def __call__(self, history: History, horizon: int, season: int) -> Matrix:
        """Series by series: statsforecast has no other way."""
        from statsforecast import models  # noqa: PLC0415 – takes seconds

        kind = partial(getattr(models, self.name), **dict(self.options))
        out = np.full((len(history.first), horizon), np.nan)
        for i, (row, first) in enumerate(zip(history.values, history.first, strict=True)):
            y = row[first:]
            usual = y.mean()
            log = self.log and y.min() > 0
            level = self.level if log or not self.log else _LEVEL
            seasonal = season if len(y) > 2 * season else 1
            x = np.log(y / usual) + level if log else y / usual * level
            try:
                found = kind(season_length=seasonal).forecast(x, horizon)["mean"]
            except Exception:  # noqa: S112 – any failure is a nan, which the caller names
                continue
            out[i] = (np.exp(found - level) if log else found / level) * usual
        return out


MODELS: dict[str, Model] = {
    "zero": zero,
    "mean": mean,
    "seasonal_naive": seasonal_naive,
    "adida": partial(_flat, intermittent.adida),
    "imapa": partial(_flat, intermittent.imapa),
    "tsb": partial(_flat, intermittent.tsb),
    "theta": _Scaled("DynamicOptimizedTheta"),
    "log_theta": _Scaled(
        "DynamicOptimizedTheta", log=True, level=0.0, options=(("decomposition_type", "additive"),)
    ),
    "ces": _Scaled("AutoCES"),
    "log_ces": _Scaled("AutoCES", log=True, level=5.0),
    "ets": _Scaled("AutoETS"),
}
