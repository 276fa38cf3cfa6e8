"""Forecasts of real demand against published methods, statsforecast, seasonal naive and zeros.

Peers run on the same series and are judged by the same functions. The held-out periods, and those
that coverage is measured on, calibrate nothing.
"""

import os
import time
import warnings
from collections.abc import Callable

import numpy as np
from chip_channel.console import console, table
from chip_channel.planning import scores
from chip_channel.planning.forecast import Forecast, forecast
from chip_channel.planning.history import History, prepare
from chip_channel.planning.models import MODELS
from chip_channel.planning.panel import Panel
from chip_channel.planning.recipes import RECIPES, point
from numpy.typing import NDArray

from benchmarks import demand
from benchmarks.measure import Measure, at_least, at_most

Array = NDArray[np.float64]
YEAR = 12
DECILES = np.arange(1, 10) / 10
FINE = np.arange(1, 100) / 100
JUDGED_FROM = 200
"""Coverage of a class with fewer series is printed, and not held against a target."""


def run() -> list[Measure]:
    """Point accuracy, quantile loss, coverage and stock-out probability."""
    if missing := demand.absent():
        console.print(f"Left out: {missing}")
        return []
    os.environ.setdefault("NIXTLA_ID_AS_COL", "1")
    warnings.simplefilter("ignore", RuntimeWarning)
    m3, parts = demand.m3(), demand.car_parts()
    return [*_m3(m3), *_car_parts(parts), *_coverage(m3, parts)]


def _m3(m3: demand.M3) -> list[Measure]:
    history, months = prepare(m3.panel, YEAR), m3.test.shape[1]
    past, reference = m3.panel.values, m3.published["NAIVE2"]
    for name in ("theta", "log_theta", "log_ces", "ets"):  # imports and compilation
        MODELS[name](history.take(slice(2)), months, YEAR)
    found: dict[str, tuple[Array, float | None]] = {
        f"published {name}": (m3.published[name], None) for name in ("ForecastPro", "THETA")
    }
    found["seasonal naive"] = _timed(MODELS["seasonal_naive"], history, months)
    (ets, ets_seconds), (fast, fast_seconds) = _in_turns(
        (MODELS["ets"], lambda *args: point(RECIPES["fast"], *args)[0]), history, months
    )
    found["statsforecast AutoETS"] = ets, ets_seconds
    found["recipe fast"] = fast, fast_seconds
    full = np.clip((3 * fast + ets) / 4, 0, None)
    some = history.take(slice(0, None, 100))
    assert np.allclose(full[::100], point(RECIPES["full"], some, months, YEAR)[0], rtol=1e-6)
    found["recipe full"] = full, fast_seconds + ets_seconds
    found["all zeros"] = np.zeros_like(fast), None
    rows: dict[str, tuple[float, float]] = {}
    lines: list[tuple[object, ...]] = []
    for name, (mean, seconds) in found.items():
        mase = float(np.nanmean(scores.mase(m3.test, mean, past, YEAR)))
        rmsse = float(np.nanmean(scores.rmsse(m3.test, mean, past, YEAR)))
        rows[name] = mase, scores.owa(m3.test, mean, reference, past, YEAR)
        lines.append((name, f"{mase:.4f}", f"{rmsse:.4f}", f"{rows[name][1]:.4f}",
                      "" if seconds is None else f"{seconds:.1f}"))  # fmt: skip
    console.print(table(f"M3 monthly, {len(history.first):,} series, 18 months ahead",
                        "forecast", "MASE", "RMSSE", "OWA", "CPU s", rows=lines))  # fmt: skip
    return [
        at_most("M3 fast lane, MASE", rows["recipe fast"][0], "", 0.836),
        at_most("M3 fast lane, OWA", rows["recipe fast"][1], "", 0.815),
        at_least("M3 fast lane, speed against AutoETS", ets_seconds / fast_seconds, "x", 8),
        at_most("M3 full ensemble, OWA", rows["recipe full"][1], "", 0.803),
        at_most("M3 fast lane, OWA against the best published",
                rows["recipe fast"][1] / rows["published ForecastPro"][1], "x", 1),
    ]  # fmt: skip


def _car_parts(panel: Panel) -> list[Measure]:
    past, actual = panel.until(panel.periods[-YEAR - 1]), panel.values[:, -YEAR:]
    history = prepare(past, YEAR)
    started = time.process_time()
    ours = forecast(past, YEAR, windows=3, season_length=YEAR, levels=DECILES.tolist())
    seconds = time.process_time() - started
    raw = forecast(
        past, YEAR, season_length=YEAR, levels=DECILES.tolist(), calibrated=False,
        recipes=dict.fromkeys(("intermittent", "lumpy", "dead"), "intermittent_plain"),
    )  # fmt: skip
    naive, _ = _timed(MODELS["seasonal_naive"], history, YEAR)
    started = time.process_time()
    ets_mean, ets_quantiles = _ets_intervals(history, YEAR)
    ets_seconds = time.process_time() - started
    found = {
        "all zeros": (np.zeros_like(actual), None, None),
        "seasonal naive": (naive, None, None),
        "statsforecast AutoETS, no season": (ets_mean, ets_quantiles, ets_seconds),
        "IMAPA, ADIDA, TSB, negative binomial": (raw.mean, raw.quantiles, None),
        "our recipes": (ours.mean, ours.quantiles, seconds),
    }
    lines: list[tuple[object, ...]] = []
    loss: dict[str, tuple[float, float]] = {}
    for name, (mean, quantiles, cpu) in found.items():
        if quantiles is None:
            quantiles = np.repeat(mean[:, :, None], len(DECILES), axis=2)  # noqa: PLW2901
        rmsse = float(np.nanmean(scores.rmsse(actual, mean, past.values, YEAR)))
        loss[name] = scores.wql(actual, quantiles, DECILES), rmsse
        upper = scores.wql(actual, quantiles[:, :, -1:], DECILES[-1:])
        mase = float(np.nanmean(scores.mase(actual, mean, past.values, YEAR)))
        lines.append((name, f"{loss[name][0]:.4f}", f"{upper:.4f}", f"{rmsse:.4f}", f"{mase:.4f}",
                      f"{scores.bias(actual, mean):+.3f}",
                      "" if cpu is None else f"{cpu:.1f}"))  # fmt: skip
    console.print(table(f"Car parts, {len(panel):,} series, last 12 months",
                        "forecast", "WQL", "at 0.9", "RMSSE", "MASE", "bias", "CPU s",
                        rows=lines))  # fmt: skip
    console.print(_fallbacks(ours))
    wql, rmsse = loss["our recipes"]
    return [
        at_most("car parts, WQL", wql, "", 0.869),
        at_most("car parts, RMSSE", rmsse, "", 0.682),
        at_most("car parts, WQL against seasonal naive", wql / loss["seasonal naive"][0], "x", 1),
        at_most("car parts, WQL against AutoETS",
                wql / loss["statsforecast AutoETS, no season"][0], "x", 1),
        at_most("car parts, WQL against zeros", wql / loss["all zeros"][0], "x", 1),
    ]  # fmt: skip


def _coverage(m3: demand.M3, parts: Panel) -> list[Measure]:
    """Two origins of each set; the earlier one sees nothing of what it is judged on."""
    end = len(m3.panel.periods)
    whole = np.hstack([m3.panel.values, m3.test])
    tasks = [("M3", m3.panel.until(m3.panel.periods[at - 1]), whole[:, at : at + 18])
             for at in (end, end - 18)]  # fmt: skip
    tasks += [("car parts", parts.until(parts.periods[at - 1]), parts.values[:, at : at + 12])
              for at in (39, 36)]  # fmt: skip
    inside: dict[tuple[str, str], list[tuple[Array, Array, Array, Array]]] = {}
    skill: dict[str, list[float]] = {}
    for name, past, actual in tasks:
        made = forecast(past, actual.shape[1], 3, YEAR, levels=FINE.tolist())
        total = actual[:, :3].sum(axis=1)
        for group in np.unique(made.classes).tolist():
            here = made.classes == group
            figures = tuple(
                scores.covered(y[here], q[here], FINE, share).ravel()
                for y, q in ((actual, made.quantiles), (total, made.cumulative))
                for share in (0.80, 0.95)
            )
            inside.setdefault((name, group), []).append(figures)  # type: ignore[arg-type]
        skill.setdefault(name, []).append(_skill(made, past, total))
    lines: list[tuple[object, ...]] = []
    measures: list[Measure] = []
    for (name, group), found in inside.items():
        shares = [float(np.nanmean(np.concatenate(part))) for part in zip(*found, strict=True)]
        count = min(len(part[2]) for part in found)
        lines.append((name, group, count, *(f"{100 * share:.1f}" for share in shares)))
        if count >= JUDGED_FROM:
            spans = ("a month, 80 %", "a month, 95 %", "3 months, 80 %", "3 months, 95 %")
            for span, share in zip(spans, shares, strict=True):
                aim, room = (80, 2.0) if "80" in span else (95, 1.5)
                measures.append(at_most(f"{name} {group}, demand of {span}, coverage off by",
                                        abs(100 * share - aim), "points", room))  # fmt: skip
    console.print(table("Coverage in %, a jump over the edge of an interval counted in part",
                        "data", "class", "series", "month 80", "month 95", "3 months 80",
                        "3 months 95", rows=lines))  # fmt: skip
    return measures + [
        at_least(f"{name}, stock-out probability, Brier skill over the base rate",
                 float(np.mean(found)), "", 0.0)
        for name, found in skill.items()
    ]  # fmt: skip


def _skill(made: Forecast, past: Panel, total: Array) -> float:
    """Mean Brier skill for stocks of one, one and a half, and two windows of usual demand."""
    usual = np.nan_to_num(np.nanmean(past.values[:, -YEAR:], axis=1)) * 3
    known = ~np.isnan(total)
    stocks = [np.ceil(usual * share) for share in (1.0, 1.5, 2.0)]
    return float(np.mean([
        scores.brier_skill((total > stock)[known], made.stock_out_probability(stock)[known])
        for stock in stocks if 0.01 < np.mean((total > stock)[known]) < 0.99
    ]))  # fmt: skip


def _timed(
    model: Callable[[History, int, int], Array], history: History, horizon: int
) -> tuple[Array, float]:
    started = time.process_time()
    mean = model(history, horizon, YEAR)
    return mean, time.process_time() - started


def _in_turns(
    models: tuple[Callable[[History, int, int], Array], ...], history: History, horizon: int
) -> list[tuple[Array, float]]:
    """As _timed, by turns on a few series each, so that what else runs here slows both alike."""
    parts = np.array_split(np.arange(len(history.first)), 24)
    runs = [[_timed(model, history.take(part), horizon) for model in models] for part in parts]
    return [
        (np.concatenate([mean for mean, _ in turn]), sum(seconds for _, seconds in turn))
        for turn in zip(*runs, strict=True)
    ]


def _ets_intervals(history: History, horizon: int) -> tuple[Array, Array]:
    """AutoETS and its own intervals at the deciles, series by series."""
    from statsforecast.models import AutoETS

    mean = np.zeros((len(history.first), horizon))
    quantiles = np.zeros((*mean.shape, len(DECILES)))
    for i, (row, first) in enumerate(zip(history.values, history.first, strict=True)):
        made = AutoETS(season_length=1).forecast(row[first:], horizon, level=[20, 40, 60, 80])
        mean[i] = made["mean"]
        low = [made.get(f"lo-{level}", made["mean"]) for level in (80, 60, 40, 20)]
        high = [made.get(f"hi-{level}", made["mean"]) for level in (20, 40, 60, 80)]
        quantiles[i] = np.clip(np.stack([*low, made["mean"], *high], axis=1), 0, None)
    return mean, quantiles


def _fallbacks(made: Forecast) -> str:
    text = ", ".join(f"{reason} {count:,}" for reason, count in made.fallbacks().items())
    return f"Fallbacks: {text or 'none'}"
