"""Point forecasts for demand with gaps, compiled, one pass over all series.

Every function takes `values` (n, T), complete and non-negative from column `first` (n,) on, and
gives the mean demand per period (n,), the same for every period ahead. They equal the models of the
same names in statsforecast 2.1 on the same values; a property test compares them.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Places = NDArray[np.intp]

_LOW, _HIGH, _TOLERANCE = 0.1, 0.3, 1e-8
_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0


@njit(cache=True, fastmath=False)
def _ses(x: Matrix, alpha: float) -> tuple[float, float]:
    """One-step forecast and sum of squared errors of simple exponential smoothing from x[0]."""
    level, errors = x[0], 0.0
    for i in range(1, len(x)):
        gap = x[i] - level
        errors += gap * gap
        level = alpha * x[i] + (1.0 - alpha) * level
    return level, errors


@njit(cache=True)
def _best_ses(x: Matrix) -> float:
    """One-step forecast with the smoothing that fits best between 0.1 and 0.3 (golden section)."""
    low, high = _LOW, _HIGH
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = _ses(x, left)[1], _ses(x, right)[1]
    while high - low > _TOLERANCE:
        if at_left == at_right:
            low, high = left, right
            left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
            at_left, at_right = _ses(x, left)[1], _ses(x, right)[1]
        elif at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = _ses(x, left)[1]
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = _ses(x, right)[1]
    return _ses(x, 0.5 * (low + high))[0]


@njit(cache=True)
def _sums(x: Matrix, size: int) -> Matrix:
    """Sums of consecutive buckets that end with the last value; what does not fill one is cut."""
    count = len(x) // size
    start = len(x) - count * size
    sums = np.zeros(count)
    for i in range(count):
        for j in range(size):
            sums[i] += x[start + i * size + j]
    return sums


@njit(cache=True)
def _mean_interval(x: Matrix) -> float:
    """Mean number of periods between demands; 0 without demand."""
    last, hits = 0, 0
    for i in range(len(x)):
        if x[i] != 0.0:
            last, hits = i + 1, hits + 1
    return last / hits if hits else 0.0


@njit(cache=True)
def adida(values: Matrix, first: Places) -> Matrix:
    """Aggregate, smooth, disaggregate (Nikolopoulos et al. 2011), buckets of the mean interval."""
    out = np.zeros(len(values))
    for i in range(len(values)):
        x = values[i, first[i] :]
        size = int(np.round(_mean_interval(x)))
        if size > 0:
            out[i] = _best_ses(_sums(x, size)) / size
    return out


@njit(cache=True)
def imapa(values: Matrix, first: Places) -> Matrix:
    """Mean over buckets from 1 to the mean interval (Petropoulos and Kourentzes 2015)."""
    out = np.zeros(len(values))
    for i in range(len(values)):
        x = values[i, first[i] :]
        largest = int(np.round(_mean_interval(x)))
        for size in range(1, largest + 1):
            out[i] += _best_ses(_sums(x, size)) / size / largest
    return out


@njit(cache=True)
def tsb(values: Matrix, first: Places, alpha_size: float = 0.2, alpha_often: float = 0.1) -> Matrix:
    """Smoothed size × smoothed probability of demand (Teunter, Syntetos, Babai 2011)."""
    out = np.zeros(len(values))
    for i in range(len(values)):
        x = values[i, first[i] :]
        size, often, hits = 0.0, 0.0, 0
        for t in range(len(x)):
            hit = 1.0 if x[t] != 0.0 else 0.0
            often = hit if t == 0 else often + alpha_often * (hit - often)
            if hit:
                size = x[t] if hits == 0 else size + alpha_size * (x[t] - size)
                hits += 1
        out[i] = size * often
    return out
