"""Stock for new products, from how earlier launches went.

Earlier launches are laid over each other at their first demand. Two things are learned from them:

- before the first sale: the demand of a typical launch of the same family, month by month (the
  families' means, drawn to that of all by the weight of five launches);
- from the first months on: a regression of what came over the horizon on those first months,
  pooled over all launches, with a log link and Tweedie deviance (variance ∝ mean^1.5), as demand
  is many zeros and few large values (Dunn, Smyth 2005: Series evaluation of Tweedie exponential
  dispersion model densities).

A run rate – the mean of the first months, carried on – is the peer.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import TweedieRegressor

from chip_channel.planning.allocate import whole
from chip_channel.planning.simulate import Floats, Ints, clean

_LIKE = 5.0
"""Launches of a family that the mean of all launches counts for."""
_LEAST = 30
"""Fewer earlier launches do not make a regression."""
POWER, RIDGE = 1.5, 1e-3


def aligned(values: Floats, length: int) -> tuple[Floats, Ints]:
    """(launches, length) demand from the first on, nan beyond the end, and the items (launches,).

    `values` (n, T). A launch is an item whose first demand comes after at least two known periods
    without any, or that has no value before it although the panel had begun.
    """
    demand = clean(values)
    width = demand.shape[1]
    first = np.where((demand > 0).any(axis=1), (demand > 0).argmax(axis=1), width)
    items = np.flatnonzero((first >= 2) & (first < width))
    at = first[items][:, None] + np.arange(length)
    rows = demand[items[:, None], np.minimum(at, width - 1)]
    return np.where(at < width, rows, np.nan), items


@dataclass(frozen=True)
class Analogs:
    """What earlier launches teach; build with `learn`."""

    seen: int
    """Months of a new product that are known when it is forecast."""
    horizon: int
    """Months that are forecast together after them."""
    curve: Floats
    """(seen + horizon,) mean demand of a launch, month by month."""
    families: dict[str, Floats]
    """The same per family."""
    model: Any
    """The regression, None where there were too few launches."""
    launches: int

    def forecast(self, first_months: Floats) -> Floats:
        """(n,) demand of the `horizon` months that follow the first ones (n, seen)."""
        run_rate = clean(first_months).mean(axis=1) * self.horizon
        if self.model is None:
            total = max(float(self.curve[: self.seen].sum()), 1e-9)
            return run_rate / self.horizon * self.seen * self.curve[self.seen :].sum() / total
        return np.asarray(self.model.predict(_features(first_months)), dtype=float)

    def before(self, family: np.ndarray[Any, Any]) -> Floats:
        """(n, seen + horizon) expected demand of products that have not sold yet."""
        curves = [self.families.get(str(name), self.curve) for name in family]
        return np.array(curves).reshape(len(family), self.seen + self.horizon)

    def shape(self) -> Floats:
        """(seen + horizon,) the mean curve as shares of its peak."""
        return self.curve / max(float(self.curve.max()), 1e-9)


def learn(
    launches: Floats, seen: int, horizon: int, family: np.ndarray[Any, Any] | None = None
) -> Analogs:
    """Learn from launches (m, ≥ seen + horizon), laid out by `aligned`; nan where not known yet.

    Only launches that are known over the whole span count. `seen` ≥ 1. ValueError for a shorter
    matrix or none that is complete.
    """
    span = seen + horizon
    complete = np.isfinite(launches[:, :span]).all(axis=1)
    if seen < 1 or horizon < 1 or launches.shape[1] < span or not complete.any():
        raise ValueError(f"no earlier launch is known over {seen} + {horizon} periods")
    past = clean(launches[complete, :span])
    curve = past.mean(axis=0)
    names = np.full(len(past), "") if family is None else np.asarray(family)[complete]
    families = {
        str(name): (past[names == name].sum(axis=0) + _LIKE * curve)
        / (int((names == name).sum()) + _LIKE)
        for name in np.unique(names)
    }
    target, model = past[:, seen:].sum(axis=1), None
    if len(past) >= _LEAST and target.any():
        model = TweedieRegressor(
            power=POWER, alpha=RIDGE, link="log", max_iter=100, solver="newton-cholesky"
        )
        model.fit(_features(past[:, :seen]), target)
    return Analogs(seen, horizon, curve, families, model, len(past))


def stock_proposal(total: Floats, share: Floats, spq: Ints) -> Ints:
    """Split what products will need (products,) over dealers by their share of demand.

    `share` (products, dealers), any non-negative scale; a product that no dealer has a share of is
    shared evenly. Whole packs of `spq` (products,), by largest remainder; each product's total is
    rounded up to packs. Gives (products, dealers) pieces.
    """
    weight = np.where(np.isfinite(share) & (share > 0), share, 0.0)
    weight = np.where(weight.sum(axis=1, keepdims=True) > 0, weight, 1.0)
    weight = weight / weight.sum(axis=1, keepdims=True)
    products, dealers = weight.shape
    pack = np.maximum(np.asarray(spq, np.int64), 1)
    pieces = (np.ceil(clean(total) / pack - 1e-9) * pack).astype(np.int64)
    part = np.repeat(np.arange(products), dealers)
    ideal = (weight * pieces[:, None]).ravel()
    made = whole(part, ideal, pieces[part], pieces, np.ones(len(part)), pack[part])
    return made.reshape(products, dealers)


def _features(first: Floats) -> Floats:
    """(n, 4) logs of the level and the last month of the first months, trend, months with demand."""
    demand = clean(first)
    level, last = np.log1p(demand.mean(axis=1)), np.log1p(demand[:, -1])
    half = max(demand.shape[1] // 2, 1)
    trend = np.log1p(demand[:, -half:].mean(axis=1)) - np.log1p(demand[:, :half].mean(axis=1))
    return np.column_stack([level, last, trend, (demand > 0).mean(axis=1)])
