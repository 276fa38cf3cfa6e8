"""The last order of a part that will not be made again: how much for the rest of its life.

Newsvendor: what is missing later loses the margin – or what a redesign or a broker costs more –,
what is left over loses cost less salvage. The optimum is the quantile of remaining demand at
underage ÷ (underage + overage) (Arrow, Harris, Marschak 1951; Snyder, Shen 2019: Fundamentals of
Supply Chain Theory, 4.3).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc

from chip_channel.planning import negative_binomial
from chip_channel.planning.simulate import Floats, Ints, order_quantity


@dataclass(frozen=True)
class LastBuy:
    """Per item (n,)."""

    quantity: Ints
    """Pieces to order, in SPQ and not below MOQ, after what is there already."""
    level: Floats
    """Probability that remaining demand stays within the target."""
    target: Floats
    """Pieces to have for the remaining life."""
    left_over: Floats
    """Expected pieces that are never sold, with what is ordered."""
    fallbacks: dict[str, int]
    """Items by what was missing: `no_price` took the median level of the others (or 0.9),
    `no_demand` orders nothing, `no_spread` counts as Poisson demand."""


def critical_ratio(
    price: Floats, cost: Floats, salvage: Floats | float = 0.0, penalty: Floats | float = 0.0
) -> Floats:
    """(n,) (price + penalty − cost) ÷ (price + penalty − salvage), between 0 and 1; nan if unknown.

    `penalty`: what a missing piece costs beyond the lost margin. All per piece, in one currency.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (price + penalty - cost) / (price + penalty - salvage)
    known = np.isfinite(ratio) & (np.asarray(cost) >= salvage) & (price + penalty > salvage)
    return np.where(known, np.clip(ratio, 0.0, 1.0), np.nan)


def last_buy(
    mean: Floats,
    variance: Floats,
    level: Floats | float,
    position: Floats,
    moq: Floats | float = 0.0,
    spq: Floats | float = 1.0,
) -> LastBuy:
    """Quantity for the demand that remains, (n,) each, in pieces.

    `mean` and `variance` of the whole remaining demand; `level` is a service level or the critical
    ratio, 0 to 1. Remaining demand is negative binomial, or gamma above 200 pieces. Bad values fall
    back by name; nothing raises but a wrong shape.
    """
    mean, variance = np.asarray(mean, float), np.asarray(variance, float)
    n = len(mean)
    asked = np.broadcast_to(np.asarray(level, float), (n,))
    priced = np.isfinite(asked) & (asked >= 0) & (asked <= 1)
    usual = float(np.median(asked[priced])) if priced.any() else 0.9
    at = np.clip(np.where(priced, asked, usual), 0.0, 1 - 1e-9)
    wanted = np.isfinite(mean) & (mean > 0)
    spread = np.isfinite(variance) & (variance > 0)
    expected = np.where(wanted, mean, 0.0)
    ratio = np.where(spread, variance / np.where(wanted, mean, 1.0), 1.0)
    target = np.where(wanted, quantile(expected, ratio, at), 0.0)
    there = np.maximum(np.nan_to_num(position), 0.0)
    least, pack = (np.broadcast_to(np.nan_to_num(x), (n,)) for x in (moq, spq))
    quantity = order_quantity(target - np.nan_to_num(position), least, np.maximum(pack, 1.0))
    counts = {"no_price": ~priced, "no_demand": ~wanted, "no_spread": wanted & ~spread}
    return LastBuy(
        quantity.astype(np.int64), at, target,
        expected_left_over(expected, ratio, there + quantity),
        {name: int(bad.sum()) for name, bad in counts.items() if bad.any()},
    )  # fmt: skip


def quantile(mean: Floats, ratio: Floats, level: Floats) -> Floats:
    """(n,) whole pieces that demand does not exceed with probability `level`."""
    found = negative_binomial.quantiles(mean, ratio, level[:, None])[:, 0]
    return np.where(level <= 0, 0.0, np.ceil(found - 1e-9))


def expected_left_over(mean: Floats, ratio: Floats, stock: Floats) -> Floats:
    """(n,) E[(stock − demand)⁺] by the gamma distribution of the same mean and variance.

    Gamma with shape a and scale r: E[(s − X)⁺] = s·F(s; a) − a·r·F(s; a + 1).
    """
    r = np.maximum(ratio, negative_binomial.LEAST_RATIO)
    shape = np.maximum(mean / r, 1e-9)
    x = stock / r
    left = stock * gammainc(shape, x) - mean * gammainc(shape + 1, x)
    return np.where(mean > 0, np.maximum(left, 0.0), stock)
