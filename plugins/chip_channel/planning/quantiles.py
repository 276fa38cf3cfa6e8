"""What demand may be: raw distributions around the mean, set right by what was seen before.

Two families. `counts`: negative binomial with the mean and the trailing variance ÷ mean of the
series, in multiples of the greatest pack that divides all its demand. `errors`: the mean plus an
error of the scale of the series, of the form of Student's t with two degrees of freedom. Either is
only a first guess F. On earlier origins the values u = F(demand) are collected over all series of a
class; were F right they would be uniform. Their own distribution G gives the calibrated one,
G(F(x)), an isotonic map; so the quantile of level p is F⁻¹(G⁻¹(p)). For `errors` this is conformal
prediction with errors that are scaled per series and pooled over series. Kuleshov, Fenner, Ermon
(2018): Accurate uncertainties for deep learning using calibrated regression; Vovk et al. (2020):
Conformal calibrators.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chip_channel.planning import negative_binomial
from chip_channel.planning.history import History

Array = NDArray[np.float64]

_TAIL = np.array([0.0, 0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04])
GRID = np.concatenate([_TAIL, np.arange(0.05, 0.951, 0.025), 1 - _TAIL[::-1]])
"""Levels (G,) at which calibration curves are kept."""
_PRIOR = 40
_GREATEST = 20.0
"""Quantiles end at this many times the greatest demand of a period ever seen, per period."""


@dataclass(frozen=True, eq=False)
class Spread:
    """What the distribution of a series needs beside its mean."""

    ratio: Array
    """(n,) variance ÷ mean of a period, in units."""
    unit: Array
    """(n,) pieces that all demand is a multiple of."""
    scale: Array
    """(n,) typical error of a period, in pieces."""
    greatest: Array
    """(n,) greatest demand of a period."""

    def take(self, series: Any) -> Spread:
        """Some of the series."""
        return Spread(
            self.ratio[series], self.unit[series], self.scale[series], self.greatest[series]
        )


def spread(history: History, season: int) -> Spread:
    """Estimate it from complete histories."""
    values, width = history.values, history.values.shape[1]
    begun = np.arange(width) >= history.first[:, None]
    length = np.maximum(history.length(), 1)
    greatest = values.max(axis=1, initial=0.0)
    unit = _unit(np.where(history.filled, 0.0, values), greatest)
    mean = values.sum(axis=1) / length
    variance = np.where(begun, (values - mean[:, None]) ** 2, 0.0).sum(axis=1) / length
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.where(mean > 0, variance / mean, 1.0) / unit
    usual = 2.0
    ratio = (own * length + usual * 6) / (length + 6)
    return Spread(ratio, unit, _scale(values, begun, season), greatest)


def _unit(values: Array, greatest: Array) -> Array:
    """Greatest common divisor of what was seen where it is whole; else a hundredth of the greatest
    value. What was filled in is a mean, and says nothing about packs."""
    whole = (values == np.rint(values)).all(axis=1) & (greatest < 2**53)
    divisor = np.gcd.reduce(np.where(whole[:, None], values, 0).astype(np.int64), axis=1)
    unit = np.where(whole, divisor, greatest / 100)
    return np.where(unit > 0, unit, 1.0).astype(np.float64)


def _scale(values: Array, begun: NDArray[np.bool_], season: int) -> Array:
    """Mean absolute change from the period before, or from a season ago if that is less."""
    scales = []
    for lag in (1, season):
        if values.shape[1] <= lag:
            continue
        both = begun[:, lag:] & begun[:, :-lag]
        change = np.where(both, np.abs(values[:, lag:] - values[:, :-lag]), 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            scales.append(change.sum(axis=1) / both.sum(axis=1))
    if not scales:
        return np.zeros(len(values))
    return np.nan_to_num(np.fmin.reduce(scales))


@dataclass(frozen=True, eq=False)
class Distribution:
    """The demand of n series over one span each: a period, or a window."""

    counted: NDArray[np.bool_]
    """(n,) True: family `counts`; False: `errors`."""
    mean: Array
    """(n,)"""
    spread: Spread
    periods: Array
    """(n,) length of the span."""
    curve: NDArray[np.intp]
    """(n,) row of `curves`."""
    curves: Array
    """(C, G) G⁻¹ at GRID."""

    def quantiles(self, levels: Array) -> Array:
        """(n, Q) demand in pieces that is not exceeded with each probability; rising, ≥ 0."""
        raw = self._raw_levels(levels)
        out = np.empty(raw.shape)
        counted, other = self.counted, ~self.counted
        s = self.spread
        if counted.any():
            unit = s.unit[counted]
            found = negative_binomial.quantiles(
                self.mean[counted] / unit, s.ratio[counted], raw[counted]
            )
            out[counted] = found * unit[:, None]
        if other.any():
            u = 2 * raw[other] - 1
            z = u * np.sqrt(2 / (1 - u**2))
            out[other] = self.mean[other][:, None] + s.scale[other][:, None] * z
        limit = np.maximum(_GREATEST * s.greatest * self.periods, self.mean)
        return np.maximum.accumulate(np.clip(out, 0.0, limit[:, None]), axis=1)

    def below(self, x: Array) -> Array:
        """(n,) probability that demand is at most x (n,), in pieces."""
        raw, out = self.raw(x), np.empty(len(x))
        for row in np.unique(self.curve):
            here = self.curve == row
            out[here] = np.interp(raw[here], self.curves[row], GRID)
        return np.where(x < 0, 0.0, out)

    def raw(self, x: Array) -> Array:
        """(n,) the same before calibration: F(x)."""
        s, out = self.spread, np.empty(len(x))
        counted, other = self.counted, ~self.counted
        if counted.any():
            unit = s.unit[counted]
            out[counted] = negative_binomial.cdf(
                self.mean[counted] / unit, s.ratio[counted], np.floor(x[counted] / unit + 1e-9)
            )
        if other.any():
            scale = np.maximum(s.scale[other], 1e-9)
            z = (x[other] - self.mean[other]) / scale
            out[other] = 0.5 + 0.5 * z / np.sqrt(2 + z**2)
        return out

    def _raw_levels(self, levels: Array) -> Array:
        rows, place = np.unique(self.curve, return_inverse=True)
        if not len(rows):
            return np.zeros((0, len(levels)))
        table = np.stack([np.interp(levels, GRID, self.curves[row]) for row in rows])
        return np.clip(table, 1e-12, 1 - 1e-12)[place]


def curve(seen: Array, leans: Array = GRID) -> Array:
    """G⁻¹ at GRID (G,) of the values u (any,) seen on earlier origins.

    `leans` (G,): the curve that stands as long as nothing was seen, and weighs 40 values after.
    """
    before = np.interp((np.arange(_PRIOR) + 0.5) / _PRIOR, GRID, leans)
    weight = min(len(seen) / _PRIOR, 1.0)
    found = weight * np.quantile(np.concatenate([seen, before]), GRID) + (1 - weight) * leans
    found[0], found[-1] = 0.0, 1.0
    # strictly rising, so that it can be inverted
    return np.maximum.accumulate(found) * (1 - 1e-6) + GRID * 1e-6


def uniforms(spans: Distribution, demand: Array, parts: int = 5) -> Array:
    """(n × parts,) values u of what was seen; a jump of F is spread evenly over its height."""
    high = spans.raw(demand)
    low = np.where(spans.counted, spans.raw(demand - spans.spread.unit), high)
    low = np.where(demand <= 0, 0.0, low)
    share = (np.arange(parts) + 0.5) / parts
    return (low[:, None] + (high - low)[:, None] * share).ravel()
