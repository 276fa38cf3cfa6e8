"""Speed and memory of forecasts with quantiles: 100,000 series of 104 weeks, in a process each."""

import importlib
import json
import resource
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
from chip_channel.console import console, table
from chip_channel.planning.forecast import forecast

from benchmarks import demand
from benchmarks.measure import Measure, at_least, at_most

SIZES = (25_000, 50_000, 100_000)
WEEKS, AHEAD, WINDOW = 104, 13, 6
LEVELS = (0.1, 0.5, 0.9, 0.95, 0.99)
STEPS = {
    "classes": ("forecast", "classify"),
    "boosting learned": ("boosting", "fit"),
    "curves learned": ("forecast", "_curves"),
    "gaps, returns": ("raw", "prepare"),
    "point forecasts": ("raw", "point"),
    "boosting applied": ("boosting", "Boosting.mean"),
    "spreads": ("raw", "spread"),
    "quantiles": ("forecast", "_finish"),
}


def run() -> list[Measure]:
    """Series per CPU second, growth of cost, and peak memory."""
    found = {size: _measured(size) for size in SIZES}
    lines: list[tuple[object, ...]] = [
        (size, f"{f['cpu']:.1f}", f"{size / f['cpu']:,.0f}", f"{f['peak']:,.0f}",
         f"{f['fixed']:.1f}") for size, f in found.items()
    ]  # fmt: skip
    console.print(table(f"{WEEKS} weeks, {AHEAD} ahead, {len(LEVELS)} quantiles, intermittent",
                        "series", "CPU s", "series per CPU s", "peak MB", "of it learning, s",
                        rows=lines))  # fmt: skip
    largest = found[SIZES[-1]]
    console.print(table("Where the time of the largest goes", "step", "share", rows=[
        (name, f"{100 * seconds / largest['cpu']:.1f} %")
        for name, seconds in largest["steps"].items()
    ]))  # fmt: skip
    return [
        at_least("forecast, series per CPU second", SIZES[-1] / largest["cpu"], "1/s", 2_000),
        at_most("forecast without learning, cost per series at 100,000 against 25,000",
                _growth(), "x", 1.15),
        at_most("forecast, peak memory for 100,000 series of 104 weeks", largest["peak"],
                "MB", 1_500),
    ]  # fmt: skip


def _growth() -> float:
    """Cost per series of the smallest panel as often as makes the largest, against it once.

    So both have the same share of the classes whose models are slow.
    """
    often = SIZES[-1] // SIZES[0]
    once = demand.generated(SIZES[0], WEEKS)
    ids = np.concatenate([np.char.add(once.ids, f"-{i}") for i in range(often)])
    many = replace(once, ids=ids, values=np.tile(once.values, (often, 1)),
                   censored=np.tile(once.censored, (often, 1)))  # fmt: skip
    learned = forecast(once, AHEAD, WINDOW, levels=LEVELS).learned
    cost = dict.fromkeys((once, many), np.inf)
    for panel in (once, many, once, many):
        started = time.process_time()
        forecast(panel, AHEAD, WINDOW, levels=LEVELS, learned=learned)
        cost[panel] = min(cost[panel], time.process_time() - started)
    return cost[many] / cost[once] / often


def _measured(size: int) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.forecast_speed", str(size)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def _worker(size: int) -> None:
    """Measure one size in this process and print what it took as JSON."""
    forecast(demand.generated(600, WEEKS), AHEAD, WINDOW, levels=LEVELS)  # compiles
    panel = demand.generated(size, WEEKS)
    spent = dict.fromkeys(STEPS, 0.0)
    for name, (module, path) in STEPS.items():
        _clock(importlib.import_module(f"chip_channel.planning.{module}"), path, name, spent)
    started = time.process_time()
    made = forecast(panel, AHEAD, WINDOW, levels=LEVELS)
    cpu = time.process_time() - started
    assert np.isfinite(made.quantiles).all()
    fixed = spent["curves learned"] + spent["boosting learned"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": cpu, "peak": peak, "fixed": fixed, "steps": spent}))


def _clock(module: object, path: str, name: str, spent: dict[str, float]) -> None:
    """Count the CPU seconds of a function while no other that is counted runs around it."""
    owner, (*parents, last) = module, path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    inner = getattr(owner, last)

    def timed(*args: object, **kwargs: object) -> object:
        if _clock.busy:  # type: ignore[attr-defined]
            return inner(*args, **kwargs)
        _clock.busy = True  # type: ignore[attr-defined]
        started = time.process_time()
        try:
            return inner(*args, **kwargs)
        finally:
            spent[name] += time.process_time() - started
            _clock.busy = False  # type: ignore[attr-defined]

    _clock.busy = False  # type: ignore[attr-defined]
    setattr(owner, last, timed)


if __name__ == "__main__":
    _worker(int(sys.argv[1]))
