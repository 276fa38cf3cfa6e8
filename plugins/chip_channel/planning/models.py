"""Point forecasts by name: each takes a history and gives the mean of every period ahead."""

from __future__ import annotations

from collections.abc import Callable
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


def _statsforecast(name: str, history: History, horizon: int, season: int) -> Matrix:
    """A model of statsforecast, series by series: it has no other way."""
    from statsforecast import models  # noqa: PLC0415 – takes seconds

    kind = getattr(models, name)
    out = np.full((len(history.first), horizon), np.nan)
    for i, (row, first) in enumerate(zip(history.values, history.first, strict=True)):
        y = row[first:]
        seasonal = season if len(y) > 2 * season else 1
        try:
            out[i] = kind(season_length=seasonal).forecast(y, horizon)["mean"]
        except Exception:  # noqa: S112 – any failure is a nan, which the caller names
            continue
    return out


MODELS: dict[str, Model] = {
    "zero": zero,
    "mean": mean,
    "seasonal_naive": seasonal_naive,
    "adida": partial(_flat, intermittent.adida),
    "imapa": partial(_flat, intermittent.imapa),
    "tsb": partial(_flat, intermittent.tsb),
    "theta": partial(_statsforecast, "DynamicOptimizedTheta"),
    "ces": partial(_statsforecast, "AutoCES"),
    "ets": partial(_statsforecast, "AutoETS"),
}
