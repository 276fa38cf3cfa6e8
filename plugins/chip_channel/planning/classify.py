"""The demand class of each series, from its known periods."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chip_channel.planning.panel import Panel

SMOOTH, ERRATIC, INTERMITTENT, LUMPY = "smooth", "erratic", "intermittent", "lumpy"
DEAD, NEVER_SOLD = "dead", "never_sold"
TOO_SHORT, NEW, ENDING = "too_short", "new", "ending"
CLASSES = (SMOOTH, ERRATIC, INTERMITTENT, LUMPY, DEAD, NEVER_SOLD, TOO_SHORT, NEW, ENDING)
ADI_CUT, CV2_CUT = 1.32, 0.49
"""Syntetos, Boylan, Croston (2005): On the categorization of demand patterns. JORS 56."""
MIN_PERIODS = 8
"""Fewer known periods than this say nothing about a pattern."""


def patterns(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """ADI (n,) = known periods ÷ periods with demand, and CV² (n,) of the sizes of demand.

    Both are nan without demand. `values` (n, T), nan where not known.
    """
    positive = values > 0
    hits = positive.sum(axis=1)
    known = (~np.isnan(values)).sum(axis=1)
    sizes = np.where(positive, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        squared = (sizes.sum(axis=1) / hits) ** 2
        spread = np.einsum("it,it->i", sizes, sizes) / hits - squared
        return known / hits, np.maximum(spread / squared, 0.0)


def classify(
    panel: Panel,
    *,
    launched: NDArray[np.datetime64] | None = None,
    last_buy: NDArray[np.datetime64] | None = None,
    new_within: int | None = None,
    dead_after: int | None = None,
) -> NDArray[np.str_]:
    """One of CLASSES per series (n,).

    Lifecycle comes first: `ending` where a last-buy date (n,) is given (nat: none), `new` where the
    launch date (n,) – or, without one, the first known value after the panel's start – lies within
    `new_within` periods (one year) of the end. Then `too_short`, below 8 known periods, `never_sold`,
    and `dead`, without demand in the last `dead_after` periods (one year): what sold once is asked
    for again at a rate that can be learned; when something sells first, its history does not tell.
    """
    year = 12 if panel.freq == "MS" else 52
    new_within, dead_after = new_within or year, dead_after or year
    values, count = panel.values, len(panel.periods)
    adi, cv2 = patterns(values)
    rare, varied = ~(adi < ADI_CUT), cv2 >= CV2_CUT
    found = np.select(
        [~rare & ~varied, ~rare & varied, rare & ~varied], [SMOOTH, ERRATIC, INTERMITTENT], LUMPY
    )
    known = (~np.isnan(values)).sum(axis=1)
    silent = ~(values[:, -min(dead_after, count) :] > 0).any(axis=1) if count else known == 0
    unknown_tail = np.isnan(values[:, -min(dead_after, count) :]).all(axis=1)
    found = np.where(silent & ~unknown_tail, DEAD, found)
    found = np.where(~(values > 0).any(axis=1), NEVER_SOLD, found)
    found = np.where(known < MIN_PERIODS, TOO_SHORT, found)
    if count:
        first = panel.first()
        young = (first > 0) & (count - first <= new_within)
        if launched is not None:
            edge = panel.periods[max(count - new_within, 0)]
            young = np.where(np.isnat(launched), young, launched.astype("datetime64[D]") >= edge)
        found = np.where(young & (known > 0), NEW, found)
    if last_buy is not None:
        found = np.where(np.isnat(last_buy), found, ENDING)
    return found.astype(np.str_)
