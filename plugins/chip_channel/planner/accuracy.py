"""How good the method was on an earlier origin: what gate 3 judges, and what the factors did to it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from chip_channel.planner.read import Inputs
from chip_channel.planning import scores
from chip_channel.planning.factors import INDEX, LIFECYCLE, expectations
from chip_channel.planning.forecast import forecast

JUDGED = 13
"""Weeks that are held back to judge the method."""
_SCORES = ("coverage_80", "coverage_95", "bias", "wql")
SCHEMA: dict[str, Any] = {
    "demand_class": pl.String, "origin": pl.Date, "series": pl.Int64, "weeks": pl.Int64,
    **dict.fromkeys(_SCORES, pl.Float64), "wql_naive": pl.Float64, "bias_history": pl.Float64,
    "wql_history": pl.Float64, "bias_lifecycle": pl.Float64, "wql_lifecycle": pl.Float64,
}  # fmt: skip
"""One row per demand class. `…_history`: the sales history alone; `…_lifecycle`: with the lifecycle
factor everywhere, whatever the verdict; without a suffix: as it would have been published."""


def accuracy(inputs: Inputs, recipes: Mapping[str, str]) -> pl.DataFrame:
    """Forecast and factors at an origin JUDGED weeks ago, held against what came.

    Only what was known then goes in, the verdicts on factors too; weeks that a dealer has not
    reported are not judged.
    """
    panel = inputs.panel
    weeks = min(JUDGED, len(panel.periods) // 4)
    past = panel.until(panel.periods[-weeks - 1])
    begun = (past.values > 0).any(axis=1) & ~np.isnan(panel.values[:, -weeks:]).any(axis=1)
    if not begun.any():
        return pl.DataFrame(schema=SCHEMA)
    known, facts = past.take(begun), inputs.facts.take(begun)
    made = forecast(known, weeks, float(weeks), recipes=recipes, launched=facts.launched)
    mean = made.cumulative_mean
    paths = expectations(known, float(weeks), mean, facts)
    then = len(known.periods)
    published, always = (
        found.market_index + found.lifecycle
        for found in (paths.at(then), paths.at(then, force=(LIFECYCLE,), without=(INDEX,)))
    )
    truth = np.maximum(panel.values[begun, -weeks:].sum(axis=1), 0)
    naive = np.nansum(np.maximum(known.values[:, -weeks:], 0), axis=1)
    rows = []
    for name in np.unique(made.classes).tolist():
        here = made.classes == name

        def score(shift: np.ndarray[Any, Any], here: Any = here) -> dict[str, float]:
            actual = truth[here]
            found = np.maximum(made.cumulative[here] + shift[here, None], 0)
            return {
                "coverage_80": float(np.nanmean(scores.covered(actual, found, made.levels, 0.8))),
                "coverage_95": float(np.nanmean(scores.covered(actual, found, made.levels, 0.95))),
                "bias": scores.bias(actual, mean[here] + shift[here]),
                "wql": scores.wql(actual, found, made.levels),
            }

        same = np.repeat(naive[here][:, None], len(made.levels), axis=1)
        alone, forced = score(np.zeros(len(mean))), score(always)
        rows.append({
            "demand_class": name, "origin": known.periods[-1].item(), "series": int(here.sum()),
            "weeks": weeks, **score(published),
            "wql_naive": scores.wql(truth[here], same, made.levels),
            **{f"{k}_history": alone[k] for k in ("bias", "wql")},
            **{f"{k}_lifecycle": forced[k] for k in ("bias", "wql")},
        })  # fmt: skip
    return pl.DataFrame(rows, SCHEMA)
