"""What others do, to compare with; same form as the policies: knob -> levels (n, T + 1)."""

import numpy as np

from chip_channel.planning.simulate import Floats, Ints, clean

Levels = tuple[Floats, Floats | None]
"""Order-up-to and, for (s, S), the reorder point."""


def trailing_mean(values: Floats, periods: int) -> Floats:
    """Mean (n, T + 1) of the known values among the last `periods` before each period; 0 if none."""
    known = np.isfinite(values)
    total, count = _before(clean(values), periods), _before(known.astype(float), periods)
    return np.where(count > 0, total / np.maximum(count, 1), 0.0)


def cover(values: Floats, window: Ints, base: int, knob: float) -> Floats:
    """Periods of cover: mean of the last `base` periods × (lead time + review + knob)."""
    return np.maximum(trailing_mean(values, base) * (window[:, None] + knob), 0.0)


def min_max(
    values: Floats, window: Ints, knob: float, year: int = 12, first: int = 0
) -> tuple[Floats, Floats]:
    """Min and max set once a year from the year before: min = mean × (window + knob), max a period
    of mean demand more; before the first year is over from what column `first` knew. Gives (max,
    min)."""
    mean = trailing_mean(values, year)
    fixed = mean[:, np.maximum(np.arange(mean.shape[1]) // year * year, first)]
    least = np.maximum(fixed * (window[:, None] + knob), 0.0)
    return least + fixed, least


def foresight(values: Floats, window: Ints) -> Floats:
    """The demand that will come until the next order arrives: the bound that none can beat."""
    demand = clean(values)
    n, periods = demand.shape
    total = np.concatenate([np.zeros((n, 1)), np.cumsum(demand, axis=1)], axis=1)
    until = np.minimum(np.arange(periods + 1) + window[:, None], periods)
    return np.take_along_axis(total, until, axis=1) - total


def zero(values: Floats) -> Floats:
    """Nothing in stock: order what was asked for."""
    return np.zeros((values.shape[0], values.shape[1] + 1))


def _before(values: Floats, periods: int) -> Floats:
    n, width = values.shape
    total = np.concatenate([np.zeros((n, 1)), np.cumsum(values, axis=1)], axis=1)
    return total - total[:, np.maximum(np.arange(width + 1) - periods, 0)]
