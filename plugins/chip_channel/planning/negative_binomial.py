"""The negative binomial by mean and variance ÷ mean, compiled.

With mean m and ratio r = variance ÷ mean > 1: size m / (r − 1), success probability 1 / r. For
means above 200 a gamma distribution of the same mean and variance stands in, which is then within
a piece or so.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincinv

Array = NDArray[np.float64]

LEAST_RATIO = 1.02
"""Below it a negative binomial is a Poisson distribution for every purpose."""
_LARGE = 200.0
_MOST = 100_000


def quantiles(mean: Array, ratio: Array, levels: Array) -> Array:
    """(n, Q) least k with P(X ≤ k) ≥ level; `levels` (n, Q) rising in each row, below 1."""
    ratio = np.maximum(ratio, LEAST_RATIO)
    out = _quantiles(mean, ratio, levels)
    large = mean > _LARGE
    if large.any():
        shape = (mean[large] / ratio[large])[:, None]
        out[large] = gammaincinv(shape, levels[large]) * ratio[large][:, None]
    return out


def cdf(mean: Array, ratio: Array, x: Array) -> Array:
    """(n,) P(X ≤ x)."""
    ratio = np.maximum(ratio, LEAST_RATIO)
    out = _cdf(mean, ratio, x)
    large = (mean > _LARGE) & (x >= 0)
    if large.any():
        out[large] = gammainc(mean[large] / ratio[large], x[large] / ratio[large])
    return out


@njit(cache=True)
def _quantiles(mean: Array, ratio: Array, levels: Array) -> Array:
    out = np.zeros(levels.shape)
    for i in range(len(mean)):
        m, r = mean[i], ratio[i]
        if not 0.0 < m <= _LARGE:
            continue
        size, fail = m / (r - 1.0), 1.0 - 1.0 / r
        mass = math.exp(-size * math.log(r))
        total, k = mass, 0
        for j in range(levels.shape[1]):
            while total < levels[i, j] and k < _MOST and (mass > 1e-14 or k < m):
                mass *= (k + size) / (k + 1.0) * fail
                total += mass
                k += 1
            out[i, j] = k
    return out


@njit(cache=True)
def _cdf(mean: Array, ratio: Array, x: Array) -> Array:
    out = np.zeros(len(mean))
    for i in range(len(mean)):
        m, r = mean[i], ratio[i]
        if x[i] < 0.0:
            continue
        if not 0.0 < m <= _LARGE:
            out[i] = 1.0
            continue
        size, fail = m / (r - 1.0), 1.0 - 1.0 / r
        mass = math.exp(-size * math.log(r))
        total = mass
        for k in range(int(min(x[i], float(_MOST)))):
            mass *= (k + size) / (k + 1.0) * fail
            total += mass
            if mass < 1e-14 and k > m:
                break
        out[i] = min(total, 1.0)
    return out
