"""One call from a panel to means, quantiles and the probability of running out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chip_channel.planning import boosting
from chip_channel.planning.boosting import Boosting
from chip_channel.planning.calibrate import NONE, Curves, learn, looks_back
from chip_channel.planning.classify import classify
from chip_channel.planning.history import join
from chip_channel.planning.panel import Panel
from chip_channel.planning.quantiles import Distribution, Spread
from chip_channel.planning.raw import Raw, hashes, predict, span
from chip_channel.planning.recipes import RECIPES, chosen

Array = NDArray[np.float64]

LEVELS = (0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)
NO_WINDOW = "no_window"
CHUNK = 10_000
_SAMPLE = {"counts": 4_000, "errors": 250}
"""Series per class that the calibration curves are learned from."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What all series taught together. It may serve later origins too, never earlier ones."""

    boosted: Boosting | None
    curves: Curves


@dataclass(frozen=True, eq=False)
class Forecast:
    """What is expected after `origin`, per series; rows stand in the order of the panel."""

    ids: NDArray[np.str_]
    """(n,)"""
    origin: np.datetime64
    """First day of the last period that was known."""
    periods: NDArray[np.datetime64]
    """(H,) the periods ahead."""
    mean: Array
    """(n, H) pieces"""
    quantiles: Array
    """(n, H, Q) pieces per period; rising in Q."""
    levels: Array
    """(Q,)"""
    windows: NDArray[np.intp]
    """(n,) periods that the cumulative figures span, from the first one ahead."""
    cumulative_mean: Array
    """(n,)"""
    cumulative: Array
    """(n, Q) quantiles of the demand over the window; not the sum of the periods' quantiles."""
    classes: NDArray[np.str_]
    """(n,) demand class, see classify."""
    recipe: NDArray[np.str_]
    """(n,) name in RECIPES."""
    fallback: NDArray[np.str_]
    """(n,) what was mended or replaced, names joined by +; empty where all went as planned."""
    spans: Distribution
    """The distribution behind `cumulative`."""
    learned: Learned

    def __len__(self) -> int:
        return len(self.ids)

    def at(self, level: float) -> Array:
        """(n,) quantile of demand over the window at one of `levels`; KeyError for another level."""
        found = np.flatnonzero(self.levels == level)
        if not len(found):
            raise KeyError(f"{level} is none of the levels {self.levels.tolist()}")
        return self.cumulative[:, found[0]]

    def cumulative_quantiles(self, levels: Sequence[float] | Array) -> Array:
        """(n, Q) of demand over the window, at other levels, rising, between 0 and 1."""
        return self.spans.quantiles(check_levels(levels))

    def stock_out_probability(self, stock: Array) -> Array:
        """(n,) probability that demand over the window exceeds `stock` (n,) pieces.

        Raises ValueError for another shape or a nan.
        """
        stock = np.asarray(stock, np.float64)
        if stock.shape != self.ids.shape or np.isnan(stock).any():
            raise ValueError(f"stock must be one number for each of {len(self.ids)} series")
        return 1.0 - self.spans.below(stock)

    def fallbacks(self) -> dict[str, int]:
        """How many series each reason concerns."""
        names = [name for text in self.fallback.tolist() for name in text.split("+") if name]
        found, count = np.unique(names, return_counts=True)
        return dict(zip(found.tolist(), count.tolist(), strict=True))


def forecast(
    panel: Panel,
    horizon: int,
    windows: NDArray | Sequence[float] | float | None = None,
    season_length: int | None = None,
    recipes: Mapping[str, str] | None = None,
    levels: Sequence[float] = LEVELS,
    *,
    launched: NDArray[np.datetime64] | None = None,
    last_buy: NDArray[np.datetime64] | None = None,
    calibrated: bool = True,
    learned: Learned | None = None,
    chunk: int = CHUNK,
) -> Forecast:
    """Forecast every series of the panel.

    `horizon`: periods ahead, H ≥ 1. `windows`: periods of lead time + review, one number or one per
    series (n,); parts of a period count as whole ones; 0, negative or nan falls back to the horizon
    and says `no_window`. `season_length`: periods of a season; by default 12 months or 52 weeks.
    `recipes`: demand class -> name in RECIPES, completes recipes.DEFAULTS. `launched`, `last_buy`:
    dates (n,), nat where there is none. `calibrated=False` leaves out the earlier origins: faster,
    and raw. `learned`: of an earlier forecast with the same recipes; saves the learning, which is most
    of the time for few series. The result depends neither on the order of the series nor on `chunk`.

    Raises ValueError (horizon, windows, levels) and KeyError (recipes); never for what the demand
    looks like: see `Forecast.fallback`.
    """
    if horizon < 1:
        raise ValueError(f"the horizon is {horizon}; it must be at least 1")
    at = check_levels(levels)
    season = season_length or {"W": 52, "MS": 12}[panel.freq]
    spans, no_window = _windows(windows, len(panel), horizon)
    reach = max(horizon, int(spans.max(initial=1)))
    classes = classify(panel, launched=launched, last_buy=last_buy)
    names = chosen(classes, recipes)
    if learned is None:
        asked = np.unique(spans).tolist()
        learned = Learned(
            _boosting(panel, names, season, reach),
            _curves(panel, classes, recipes, season, reach, asked, launched)
            if calibrated
            else NONE,
        )
    parts: list[Forecast] = []
    for part in _chunks(len(panel), chunk):
        raw = predict(panel.take(part), classes[part], names[part], learned.boosted, season, reach)
        parts.append(_finish(panel, part, raw, horizon, spans[part], no_window[part], learned, at))
    return _together(parts)


def check_levels(levels: Sequence[float] | Array) -> Array:
    """Levels (Q,) as an array. Raises ValueError unless they rise strictly between 0 and 1."""
    at = np.asarray(levels, np.float64)
    if at.ndim != 1 or not len(at) or not (at > 0).all() or not (at < 1).all():
        raise ValueError(f"levels must lie between 0 and 1: {levels}")
    if (np.diff(at) <= 0).any():
        raise ValueError(f"levels must rise: {levels}")
    return at


def _windows(
    windows: NDArray | Sequence[float] | float | None, n: int, horizon: int
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    if windows is None:
        return np.full(n, horizon), np.zeros(n, bool)
    given = np.asarray(windows, np.float64)
    if given.shape not in ((), (n,)):
        raise ValueError(f"windows are {given.shape}; there are {n} series")
    given = np.broadcast_to(given, (n,))
    usable = np.isfinite(given) & (given > 0)
    return np.where(usable, np.ceil(np.where(usable, given, 0)), horizon).astype(np.intp), ~usable


def _chunks(n: int, size: int) -> Iterator[slice]:
    for start in range(0, max(n, 1), size):
        yield slice(start, min(start + size, n))


def sample(panel: Panel, groups: NDArray[np.str_], sizes: Mapping[str, int]) -> Panel:
    """Up to so many series of each group, the same ones in whatever order they come."""
    order = np.lexsort((panel.ids, hashes(panel.ids)))
    found = [order[groups[order] == name][:size] for name, size in sorted(sizes.items())]
    return panel.take(np.concatenate([np.zeros(0, np.intp), *found]))


def _boosting(panel: Panel, names: NDArray[np.str_], season: int, horizon: int) -> Boosting | None:
    """The pooled boosting, where the recipe of a series, `names` (n,), asks for it.

    Counts of every recipe teach it: those that are silent today sold at earlier origins, and without
    them what sells would seem to go on for ever.
    """
    if not np.isin(names, [name for name, recipe in RECIPES.items() if recipe.boosted > 0]).any():
        return None
    counts = [name for name, recipe in RECIPES.items() if recipe.family == "counts"]
    groups = np.where(np.isin(names, counts), "counts", "")
    return boosting.fit(sample(panel, groups, {"counts": boosting.SERIES}), horizon, season)


def _curves(
    panel: Panel,
    classes: NDArray[np.str_],
    recipes: Mapping[str, str] | None,
    season: int,
    reach: int,
    windows: list[int],
    launched: NDArray[np.datetime64] | None,
) -> Curves:
    """Calibration curves from a sample of the series."""
    present = np.unique(classes)
    families = [RECIPES[name].family for name in chosen(present, recipes).tolist()]
    sizes = {name: _SAMPLE[family] for name, family in zip(present.tolist(), families, strict=True)}

    def at_origin(past: Panel, ahead: int) -> Raw:
        dates = None if launched is None else launched[panel.places(past.ids)]
        then = classify(past, launched=dates)
        names = chosen(then, recipes)
        return predict(past, then, names, _boosting(past, names, season, ahead), season, ahead)

    known, ahead = looks_back(len(panel.periods), reach, least=8)
    return learn(sample(panel, classes, sizes), at_origin, known, ahead, windows)


def _finish(
    panel: Panel,
    part: slice,
    raw: Raw,
    horizon: int,
    windows: NDArray[np.intp],
    no_window: NDArray[np.bool_],
    learned: Learned,
    levels: Array,
) -> Forecast:
    n, curves = len(raw.classes), learned.curves
    rows = curves.step_rows(raw, horizon)
    steps = [
        span(raw, h, h + 1, curves.table, rows[:, h]).quantiles(levels) for h in range(horizon)
    ]
    total = np.cumsum(raw.mean, axis=1)[np.arange(n), windows - 1]
    spans = Distribution(
        raw.counted, total, raw.spread, windows.astype(float),
        curves.window_rows(raw, windows), curves.table,
    )  # fmt: skip
    return Forecast(
        panel.ids[part], panel.periods[-1] if len(panel.periods) else np.datetime64("NaT"),
        panel.ahead(horizon), raw.mean[:, :horizon], np.stack(steps, axis=1), levels, windows,
        total, spans.quantiles(levels), raw.classes, raw.recipe,
        join(raw.reasons, (no_window, NO_WINDOW)), spans, learned,
    )  # fmt: skip


def _together(parts: list[Forecast]) -> Forecast:
    if len(parts) == 1:
        return parts[0]

    def all_of(name: str) -> NDArray:
        return np.concatenate([getattr(part, name) for part in parts])

    def spreads(name: str) -> Array:
        return np.concatenate([getattr(part.spans.spread, name) for part in parts])

    first = parts[0]
    spans = Distribution(
        np.concatenate([part.spans.counted for part in parts]), all_of("cumulative_mean"),
        Spread(*(spreads(name) for name in ("ratio", "unit", "scale", "greatest"))),
        all_of("windows").astype(float),
        np.concatenate([part.spans.curve for part in parts]), first.spans.curves,
    )  # fmt: skip
    return Forecast(
        all_of("ids"), first.origin, first.periods, all_of("mean"), all_of("quantiles"),
        first.levels, all_of("windows"), all_of("cumulative_mean"), all_of("cumulative"),
        all_of("classes"), all_of("recipe"), all_of("fallback"), spans, first.learned,
    )  # fmt: skip
