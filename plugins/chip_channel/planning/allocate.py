"""Sharing out what is not enough for all: nobody's need is exceeded, nothing is left over."""

from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

from chip_channel.planning.simulate import Floats, Ints

Quantile = Callable[[Floats], Floats]
"""Probability (n,) -> stock (n,) that demand does not exceed with it."""
_STEPS = 60
_HALF = 0.5


def normal(mean: Floats, scale: Floats) -> Quantile:
    """Demand as a normal distribution, (n,) each, in pieces."""
    return lambda level: mean + scale * ndtri(np.clip(level, 1e-12, 1 - 1e-12))


def fair_share(
    part: Ints,
    need: Ints,
    supply: Ints,
    position: Floats,
    stock_for: Quantile,
    weight: Floats,
    spq: Ints,
) -> Ints:
    """Allocate `supply` (parts,) to lines (n,) of `part` (n, number of the part), in whole pieces.

    Shares are such that weight × probability of running out becomes the same for every line of a
    part, as far as needs and positions allow: `stock_for` gives the stock of each line for a
    probability of not running out, `position` is what it has. A weight of 2 means that running out
    is half as probable. Then packs of `spq` (n,) by largest remainder (ties: the greater weight,
    then the earlier line); what is less than a pack goes to the next in line. A part's allocations
    add up to min(supply, needs); none exceeds its need. ValueError for negative need or supply.
    """
    need, supply = np.asarray(need, np.int64), np.asarray(supply, np.int64)
    if (need < 0).any() or (supply < 0).any():
        raise ValueError("need and supply must not be negative")
    asked = np.bincount(part, need, len(supply))
    given = np.where(asked <= supply, asked, supply).astype(np.int64)
    ideal = _equalised(part, need, given, position, stock_for, weight)
    return whole(part, ideal, need, given, weight, spq)


def whole(part: Ints, ideal: Floats, most: Ints, total: Ints, weight: Floats, spq: Ints) -> Ints:
    """Shares (n,) near `ideal`, none above `most`, adding up to `total` (parts,) for each part.

    In packs of `spq` by largest remainder; the last part of a pack is opened. `total` must not
    exceed the sum of `most`.
    """
    pack = np.maximum(np.asarray(spq, np.int64), 1)
    most = np.asarray(most, np.int64)
    out = np.minimum(np.floor(ideal / pack + 1e-9).astype(np.int64), most // pack) * pack
    over = np.bincount(part, out, len(total)) > total
    out = np.where(over[part], 0, out)
    rank = np.lexsort((np.arange(len(part)), -weight, -(ideal - out) / pack, part))
    while True:
        left = total - np.bincount(part, out, len(total)).astype(np.int64)
        able = (most - out >= pack) & (pack <= left[part])
        if not able.any():
            break
        step = _in_turn(part, rank, np.where(able, pack, 0), left)
        out += step // pack * pack
    return out + _in_turn(part, rank, most - out, left)


def _in_turn(part: Ints, rank: Ints, room: Ints, left: Ints) -> Ints:
    """Fill rooms (n,) in the order of `rank`, which sorts by part, until `left` (parts,) is gone."""
    ordered, group = room[rank], part[rank]
    before = np.cumsum(ordered) - ordered
    start = np.searchsorted(group, np.arange(len(left)))
    base = np.append(before, 0)[np.minimum(start, len(before))][group] if len(group) else before
    out = np.zeros_like(room)
    out[rank] = np.clip(left[group] - (before - base), 0, ordered)
    return out


def _equalised(
    part: Ints, need: Ints, given: Ints, position: Floats, stock_for: Quantile, weight: Floats
) -> Floats:
    """Real shares (n,): a common weighted probability per part, by bisection."""
    low, high = np.zeros(len(given)), np.full(len(given), float(weight.max(initial=1.0)))

    def shares(chance: Floats) -> Floats:
        level = 1 - np.clip(chance[part] / np.maximum(weight, 1e-9), 0.0, 1.0)
        return np.clip(stock_for(level) - position, 0.0, need)

    for _ in range(_STEPS):
        middle = (low + high) * _HALF
        fits = np.bincount(part, shares(middle), len(given)) <= given
        low, high = np.where(fits, low, middle), np.where(fits, middle, high)
    few, many = shares(high), shares(low)
    missing = given - np.bincount(part, few, len(given))
    spare = np.bincount(part, many - few, len(given))
    # where a distribution jumps, or ends, the rest is shared in proportion to what lies between
    share = np.where(spare > 0, missing / np.where(spare > 0, spare, 1.0), 0.0)
    made = few + (many - few) * np.clip(share, 0.0, 1.0)[part]
    return np.asarray(made, dtype=float)
