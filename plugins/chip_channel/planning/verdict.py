"""Whether a factor has proved itself: the windows it is judged on, gain and error of the gain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chip_channel.planning.panel import Panel
from chip_channel.planning.simulate import Floats, Ints, clean

CLEAR = 2.0
"""Standard errors by which a factor has to win; more where several indices are tried."""
NO_GAIN, PLACEBO, TOO_SHORT = "no_gain", "placebo_as_good", "too_short"
STOPPED, NO_INDEX, NO_PARTS = "index_stopped", "no_index", "no_parts"
USED = ""
RESAMPLES = 200
LEAST_BLOCKS = 3
"""Windows that do not overlap, below which nothing is proved."""


@dataclass(frozen=True)
class Use:
    """Whether a factor is used in a segment, and what it did there on earlier origins."""

    segment: str
    factor: str
    used: bool
    gain: float
    """Share by which it lowers the loss it is judged by; nan where it could not be tried."""
    gain_error: float
    placebo_gain: float
    """The same of the best shuffled index; nan for the lifecycle."""
    reason: str
    """Why it is not used; empty where it is."""
    series: str = ""
    """Index that did best."""
    origins: int = 0


def whole(windows: Any, n: int) -> tuple[Ints, int]:
    """Windows (n,) in whole periods, at least 1, and how many had none and took the median."""
    given = np.broadcast_to(np.asarray(windows, dtype=float), (n,))
    good = np.isfinite(given) & (given > 0)
    usual = float(np.median(given[good])) if good.any() else 1.0
    return np.ceil(np.where(good, given, usual)).astype(np.int64), int((~good).sum())


def window_totals(panel: Panel, window: Ints) -> Floats:
    """(n, T + 1) demand over the window from each column on; nan where not ended or not known."""
    width = panel.values.shape[1]
    at = np.arange(width + 1) + window[:, None]
    inside = at <= width

    def sums(values: Floats) -> Floats:
        total = np.pad(np.cumsum(values, axis=1), ((0, 0), (1, 0)))
        return np.take_along_axis(total, np.minimum(at, width), axis=1) - total

    gaps = sums(np.isnan(panel.values).astype(float))
    return np.where(inside & (gaps == 0), sums(clean(panel.values)), np.nan)


def resamples(origins: int, block: int, count: int = RESAMPLES) -> Ints:
    """(count, origins) positions: blocks of neighbours, drawn with the same seed every time."""
    block = min(max(block, 1), origins)
    rng = np.random.default_rng(11)
    starts = rng.integers(0, origins, (count, -(-origins // block)))
    drawn = (starts[..., None] + np.arange(block)) % origins
    return drawn.reshape(count, -1)[:, :origins]


def judge(before: Floats, after: Floats, block: int) -> tuple[float, float]:
    """Share by which loss (origins,) falls, and its standard error by paired block bootstrap.

    The error is widened by what few blocks hide of their variance.
    """
    drawn = resamples(len(before), block)
    with np.errstate(invalid="ignore", divide="ignore"):
        gains = 1 - after[drawn].sum(axis=1) / before[drawn].sum(axis=1)
    gains = gains[np.isfinite(gains)]
    blocks = len(before) / min(max(block, 1), len(before))
    few = np.sqrt(blocks / (blocks - 1)) if blocks > 1 else np.inf
    error = float(gains.std() * few) if len(gains) else np.inf
    return float(1 - after.sum() / before.sum()) if before.sum() > 0 else 0.0, error
