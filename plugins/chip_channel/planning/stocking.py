"""Which stock policy serves which demand class: replayed, kept as a table, and used every day.

`choose` replays the policies on the latest periods, at equal fill, and gives a row for each one that
it tried. `levels` makes order-up-to levels of today's forecast by the chosen rows: no replay is
needed for that. The knob of a quantile is a probability, so that the level of today comes from the
calibrated distribution around the mean that the replay preferred.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from chip_channel.planning import policy
from chip_channel.planning.forecast import Forecast
from chip_channel.planning.panel import Panel
from chip_channel.planning.peers import trailing_mean
from chip_channel.planning.roll import MEMORY, YEAR, Outlook, smooth
from chip_channel.planning.simulate import Floats, Terms, clean

SCHEMA: dict[str, Any] = {
    "demand_class": pl.String, "method": pl.String, "outlook": pl.String, "chosen": pl.Boolean,
    "knob": pl.Float64, "gain": pl.Float64, "fill": pl.Float64, "series": pl.Int64,
    "chosen_at": pl.Date,
}  # fmt: skip
"""Columns of a choice: one row per class, method and forecast that was tried.

`knob`: −log10 of the probability of running out (`quantile`), periods beyond lead time + review
(`cover`); `gain`: stock of the class's default ÷ stock of this one at equal fill, 0 where the fill
was not reached; `fill`: what all chosen ones together served in the replay; `chosen_at`: the last
period that the choice knew.
"""
LEAST_SERIES = 30
"""A class of fewer series keeps its default: a gain there is an accident."""
USUAL = ("quantile", "recipes", -np.log10(0.05))
"""Method, forecast and knob of a class that no row speaks of: 0.95."""
_LOW, _HIGH = 0.5, 0.995
"""Probabilities of not running out that a choice may ask for; beyond them a tail is a guess."""


def choose(
    panel: Panel,
    terms: Terms,
    fill: float,
    outlooks: Mapping[str, Outlook],
    first: int,
    value: Floats | None = None,
) -> pl.DataFrame:
    """Replay the periods from column `first` on; a frame of SCHEMA.

    `outlooks` as `roll.all_outlooks` makes them; the later half of the periods is measured. `fill`
    from 0 to 1; `value` (n,) per piece. Without demand in the first half there are no rows.
    """
    periods = len(panel.periods)
    start = (first + periods) // 2
    demand = clean(panel.values)
    if not demand[:, first:start].any() or not demand[:, start:].any():
        return pl.DataFrame(schema=SCHEMA)
    found = policy.replay(demand, outlooks, terms, fill, slice(first, periods), start, value)
    classes = outlooks["recipes"].classes[:, periods]
    day = panel.periods[-1].item()
    rows = []
    for name, setting in found.settings.items():
        series = int((classes == name).sum())
        best = (setting.method, setting.outlook)
        kept = best if series >= LEAST_SERIES else setting.default
        rows += [
            {"demand_class": name, "method": tried[0], "outlook": tried[1], "chosen": tried == kept,
             "knob": knob, "gain": gain, "fill": found.fill, "series": series, "chosen_at": day}
            for tried, (knob, gain) in setting.tried.items()
        ]  # fmt: skip
    return pl.DataFrame(rows, SCHEMA)


def levels(
    made: Forecast, panel: Panel, choice: pl.DataFrame
) -> tuple[Floats, np.ndarray[Any, np.dtype[np.str_]]]:
    """Order-up-to levels (n,) in pieces, and the policy (n,) in words, as `quantile 0.971 on blend`.

    `choice`: rows of SCHEMA; a class without a chosen row has USUAL. ValueError for a method or a
    forecast that does not exist, or a class with two chosen rows.
    """
    chosen = choice.filter("chosen").select("demand_class", "method", "outlook", "knob")
    if chosen["demand_class"].is_duplicated().any():
        raise ValueError("a demand class has two chosen stock policies")
    of = {name: tuple(rest) for name, *rest in chosen.iter_rows()}
    means = _means(made, panel)
    level, words = np.zeros(len(made)), np.full(len(made), "", dtype="<U40")
    for name in np.unique(made.classes).tolist():
        here = made.classes == name
        method, outlook, knob = of.get(name, USUAL)
        if method not in policy.METHODS or outlook not in means:
            raise ValueError(f"there is no stock policy {method} on {outlook}")
        mean = means[outlook]
        if method == "quantile":
            share = float(np.clip(1 - 10.0**-knob, _LOW, _HIGH))
            around = replace(made.spans, mean=mean)
            level[here] = around.quantiles(np.array([share]))[here, 0]
            words[here] = f"quantile {share:.3f} on {outlook}"
        else:
            level[here] = (mean * (1 + knob / made.windows))[here]
            words[here] = f"cover {knob:+.1f} on {outlook}"
    return np.maximum(level, 0.0), words


def _means(made: Forecast, panel: Panel) -> dict[str, Floats]:
    """Expected demand (n,) over the window, as the forecasts of a replay expect it now."""
    begun = np.cumsum(np.isfinite(panel.values), axis=1) > 0
    quick = smooth(clean(panel.values), begun, MEMORY[panel.freq])[:, -1] * made.windows
    year = trailing_mean(panel.values, YEAR[panel.freq])[:, -1] * made.windows
    return {
        "recipes": made.cumulative_mean, "recent": quick,
        "blend": np.sqrt(made.cumulative_mean * quick), "steady": year,
    }  # fmt: skip
