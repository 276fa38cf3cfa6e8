"""Which recipe serves which demand class: tried on earlier origins, and kept as a table.

Judged by the pinball loss of the demand over the window at 0.9, 0.95 and 0.99, each series as a
multiple of its usual demand; coverage and bias may forbid a change. Absolute errors never decide: on
intermittent demand the forecast that is best by them is zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chip_channel.planning import classify as c
from chip_channel.planning.forecast import Forecast, forecast, sample
from chip_channel.planning.history import origins as earlier
from chip_channel.planning.panel import Panel
from chip_channel.planning.recipes import DEFAULTS, RECIPES
from chip_channel.planning.scores import bias, covered, pinball, wql

Array = NDArray[np.float64]

CANDIDATES: Mapping[str, Sequence[str]] = {
    c.SMOOTH: ("fast", "theta", "steady", "seasonal_naive"),
    c.ERRATIC: ("fast", "theta", "steady", "intermittent"),
    c.INTERMITTENT: ("intermittent", "intermittent_plain", "boosted", "mean"),
    c.LUMPY: ("intermittent", "intermittent_plain", "boosted", "mean"),
}
JUDGED = (0.9, 0.95, 0.99)
_LEVELS = np.unique(np.round(np.concatenate([np.arange(0.025, 0.99, 0.025), JUDGED]), 3))
CLEAR = 0.01
"""A challenger must lower the loss by this share at least, and by twice its standard error."""
LEAST_SERIES = 30
"""With fewer series nothing is clear."""
_WORSE_COVERAGE, _WORSE_BIAS = 0.02, 0.10
"""It may be so much further from 95 % coverage, and from no bias, than what it would replace."""

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "demand_class": pl.String, "recipe": pl.String, "incumbent": pl.Boolean, "chosen": pl.Boolean,
    "loss": pl.Float64, "gain": pl.Float64, "gain_error": pl.Float64, "wql": pl.Float64,
    "coverage_95": pl.Float64, "bias": pl.Float64, "series": pl.Int64, "origins": pl.Int64,
    "chosen_at": pl.Date,
}  # fmt: skip
"""Columns of a selection: one row per class and recipe that was tried.

`loss`: pinball over the window at JUDGED, as a multiple of usual demand; `gain`: how much lower it
is than the incumbent's, as a share, with `gain_error`, its standard error over series; `chosen_at`:
the last period that the choice knew.
"""


class SelectionError(ValueError):
    """A table that is no selection."""


@dataclass(frozen=True, eq=False)
class _Trial:
    """One recipe at one origin, the series of one class."""

    ids: NDArray[np.str_]
    loss: Array
    wql: float
    covered: Array
    actual: Array
    mean: Array


def select(
    panel: Panel,
    horizon: int,
    windows: NDArray | Sequence[float] | float | None = None,
    season_length: int | None = None,
    candidates: Mapping[str, Sequence[str]] = CANDIDATES,
    incumbents: Mapping[str, str] | None = None,
    *,
    origins: int = 3,
    series: int = 400,
    launched: NDArray[np.datetime64] | None = None,
) -> pl.DataFrame:
    """Try recipes on up to `series` series of each class at earlier origins; a frame of SCHEMA.

    `incumbents`: class -> recipe that is in use (default: recipes.DEFAULTS); it stays unless another
    wins clearly. `launched` as in `forecast`. A class without enough data has no row. Raises KeyError
    for unknown names and ValueError for a horizon below 1.
    """
    known, ahead = earlier(len(panel.periods), horizon, origins, least=12)
    in_use = {**DEFAULTS, **(incumbents or {})}
    tried = {name: tuple(dict.fromkeys((in_use[name], *more))) for name, more in candidates.items()}
    wide = np.broadcast_to(np.nan if windows is None else np.asarray(windows, float), len(panel))
    some = sample(panel, c.classify(panel, launched=launched), dict.fromkeys(tried, series))
    place = panel.places(some.ids)
    trials: dict[tuple[str, str], list[_Trial]] = {}
    for at in known:
        past = some.until(some.periods[at - 1])
        begun = (past.values > 0).any(axis=1)
        spans = np.where(np.isfinite(wide[place][begun]), wide[place][begun], ahead).clip(1, ahead)
        truth = some.values[begun, at : at + ahead]
        for turn in range(max((len(names) for names in tried.values()), default=0)):
            recipes = {name: r[turn] for name, r in tried.items() if turn < len(r)}
            found = forecast(
                past.take(begun),
                1,  # the window alone is judged; quantiles of each period would cost the most
                spans,
                season_length,
                {**in_use, **recipes},
                _LEVELS.tolist(),
                launched=None if launched is None else launched[place][begun],
            )
            for name, recipe in recipes.items():
                here = found.classes == name
                if here.any():
                    trials.setdefault((name, recipe), []).append(
                        _trial(found, here, truth, past.values[begun])
                    )
    day = panel.periods[-1].item() if len(panel.periods) else None
    rows = [
        row
        for name, recipes in tried.items()
        if (name, in_use[name]) in trials
        for row in _judge(name, in_use[name], {r: trials[name, r] for r in recipes}, day)
    ]
    return pl.DataFrame(rows, SCHEMA)


def chosen(selection: pl.DataFrame) -> dict[str, str]:
    """Class -> recipe of a stored selection, as `forecast` takes it. Raises SelectionError."""
    missing = [name for name in ("demand_class", "recipe", "chosen") if name not in selection]
    if missing:
        raise SelectionError(f"the selection lacks {', '.join(missing)}")
    picked = selection.filter("chosen")
    if picked["demand_class"].is_duplicated().any():
        raise SelectionError("a demand class has two chosen recipes")
    if unknown := sorted(set(picked["recipe"]) - set(RECIPES)):
        raise SelectionError(f"there is no recipe {', '.join(unknown)}")
    return dict(zip(picked["demand_class"], picked["recipe"], strict=True))


def _trial(found: Forecast, here: NDArray[np.bool_], truth: Array, past: Array) -> _Trial:
    inside = np.arange(truth.shape[1]) < found.windows[here][:, None]
    total = np.where(inside, truth[here], 0.0).sum(axis=1)  # nan where a period is not known
    usual = np.nanmean(np.maximum(past[here], 0), axis=1) * found.windows[here]
    judged = np.searchsorted(_LEVELS, np.array(JUDGED) - 1e-9)
    cumulative = found.cumulative[here]
    loss = pinball(total, cumulative[:, judged], _LEVELS[judged]).mean(axis=1) / usual
    return _Trial(
        found.ids[here], loss, wql(total, cumulative, _LEVELS),
        covered(total, cumulative, _LEVELS, 0.95), total, found.cumulative_mean[here],
    )  # fmt: skip


def _judge(
    name: str, incumbent: str, trials: Mapping[str, list[_Trial]], day: object
) -> list[dict[str, object]]:
    base = trials[incumbent]
    ids = np.concatenate([t.ids for t in base])
    before = np.concatenate([t.loss for t in base])
    rows: list[dict[str, object]] = []
    for recipe, runs in trials.items():
        loss = np.concatenate([t.loss for t in runs])
        gain, error = _gain(ids, before, loss)
        rows.append({
            "demand_class": name, "recipe": recipe, "incumbent": recipe == incumbent,
            "chosen": False, "loss": float(np.nanmean(loss)), "gain": gain, "gain_error": error,
            "wql": float(np.nanmean([t.wql for t in runs])),
            "coverage_95": float(np.nanmean(np.concatenate([t.covered for t in runs]))),
            "bias": bias(
                np.concatenate([t.actual for t in runs]), np.concatenate([t.mean for t in runs])
            ),
            "series": len(np.unique(ids)), "origins": len(runs), "chosen_at": day,
        })  # fmt: skip
    kept = next(row for row in rows if row["incumbent"])
    best = max((row for row in rows if _wins(row, kept)), key=_by_gain, default=kept)
    best["chosen"] = True
    return rows


def _gain(ids: NDArray[np.str_], before: Array, after: Array) -> tuple[float, float]:
    """Share by which the loss is lower, and its standard error: series are independent, the origins
    of one series are not."""
    sure = ~np.isnan(before - after)
    if not sure.any() or before[sure].mean() == 0:
        return 0.0, 0.0
    _, place = np.unique(ids[sure], return_inverse=True)
    gains = np.bincount(place, (before - after)[sure])
    n, total = len(gains), before[sure].sum()
    return float(gains.sum() / total), float(np.std(gains) * np.sqrt(n) / total)


def _wins(row: dict[str, object], kept: dict[str, object]) -> bool:
    """Whether it wins clearly, and neither covers nor aims worse."""
    r, k = ({key: _number(x[key]) for key in _NUMBERS} for x in (row, kept))
    return (
        r["series"] >= LEAST_SERIES
        and r["gain"] > max(CLEAR, 2 * r["gain_error"])
        and abs(r["coverage_95"] - 0.95) <= abs(k["coverage_95"] - 0.95) + _WORSE_COVERAGE
        and abs(r["bias"]) <= abs(k["bias"]) + _WORSE_BIAS
    )


_NUMBERS = ("series", "gain", "gain_error", "coverage_95", "bias")


def _number(x: object) -> float:
    return float(x) if isinstance(x, int | float) else float("nan")


def _by_gain(row: dict[str, object]) -> float:
    return _number(row["gain"])
