"""Turnover of the stock policy against what others do, at equal fill, on public demand.

Needs the data sets of `CHIP_CHANNEL_TEST_DATA` (folder `demand`): the monthly industry series of
the M3 competition and monthly sales of car parts. Months of cover are tried on means of 3 to 24
months; the best of them, for these very data, is the peer.
"""

from dataclasses import replace

import numpy as np
import polars as pl
from chip_channel.cli.planning import notes, results
from chip_channel.console import console
from chip_channel.planning.backtest import ALL, Backtest, EndOfLife, Row, Terms, prepare
from chip_channel.planning.launch import aligned, learn
from chip_channel.planning.panel import Panel, calendar
from chip_channel.planning.simulate import clean

from benchmarks.demand import FOLDER, absent, car_parts
from benchmarks.measure import Measure, at_least, at_most

SMOOTH = {"smooth": "theta", "erratic": "theta"}


def run() -> list[Measure]:
    """Ratios of turnover and of dead shares."""
    if absent():
        console.print(f"Skipped: {absent()}")
        return []
    return smooth() + parts() + launches()


def smooth() -> list[Measure]:
    """M3 industry, lead time 3 months, fill 98 %."""
    panel = m3("INDUSTRY")
    made = prepare(panel, Terms.of(len(panel), 3), 0.98, first=84, recipes=SMOOTH)
    found = [shown(made, group) for group in ("smooth", ALL)]
    _say(made)
    return [
        at_least("smooth: turnover ÷ best cover", found[0]["dynamic"] / best(found[0]), "×", 1.45),
        _plain("smooth and erratic: turnover ÷ best cover", found[1]["dynamic"] / best(found[1])),
        _plain("smooth: share of perfect foresight", found[0]["dynamic"] / found[0]["foresight"]),
        _plain("smooth: fill without hindsight (0.98)", made.as_set().fill, ""),
    ]


def parts() -> list[Measure]:
    """Car parts, lead time 2 months, fill 85 %, packs of one."""
    panel = car_parts()
    made = prepare(panel, Terms.of(len(panel), 2, spq=1), 0.85)
    found = shown(made, ALL)
    _say(made)
    plan = made.plans()["dynamic"]
    known = replace(made, end_of_life=EndOfLife.seen(panel))
    without, dated = made.solve(plan), known.solve(plan)
    console.print(*results([replace(without, policy="dates unknown"),
                            replace(dated, policy="dates known")], made.fill))  # fmt: skip
    a, b = without.measures, dated.measures
    return [
        at_least("parts: turnover ÷ best cover", found["dynamic"] / best(found), "×", 1.05),
        at_least("parts: turnover ÷ yearly min-max", found["dynamic"] / found["min-max"], "×", 2.0),
        _plain("parts: fill without hindsight (0.85)", made.as_set().fill, ""),
        at_most("parts: dead share, end dates known ÷ not", b.dead_share / a.dead_share, "×", 0.65),
        _plain("parts: the same, mean of all months", b.dead_share_mean / a.dead_share_mean),
        _plain("parts: turnover, end dates known ÷ not", b.turnover / a.turnover),
    ]


def launches(seen: int = 3, horizon: int = 6, now: int = 30) -> list[Measure]:
    """New car parts: six months foreseen from the first three, learned from launches before."""
    panel = car_parts()
    rows, items = aligned(panel.values, seen + horizon)
    begun = (clean(panel.values)[items] > 0).argmax(axis=1)
    past, later = rows[begun + seen + horizon <= now], rows[begun + seen >= now]
    later = later[np.isfinite(later).all(axis=1)]
    came = later[:, seen:].sum(axis=1)
    run_rate = later[:, :seen].mean(axis=1) * horizon
    foreseen = learn(past, seen, horizon).forecast(later[:, :seen])
    wape, peer = (np.abs(came - x).sum() / came.sum() for x in (foreseen, run_rate))
    console.print(f"{len(later)} launches after {len(past)}: WAPE {wape:.3f}, run rate {peer:.3f}")
    return [at_most("launches: WAPE ÷ that of the run rate", float(wape / peer), "×", 0.7)]


def shown(made: Backtest, group: str) -> dict[str, float]:
    """Turnover by policy at equal fill, printed on the way."""
    rows: list[Row] = [made.solve(plan, group) for plan in made.plans().values()]
    console.print(*results(rows, made.fill))
    return {row.policy: row.measures.turnover for row in rows if row.reached}


def best(found: dict[str, float]) -> float:
    """The best months-of-cover rule."""
    return max(turnover for name, turnover in found.items() if name.startswith("cover-"))


def m3(kind: str) -> Panel:
    """Monthly series of a kind with the same last month, as their dates are arbitrary."""
    frame = pl.read_parquet(FOLDER / "m3_monthly.parquet").filter(pl.col("type") == kind)
    rows = frame.sort("unique_id", "ds").group_by("unique_id", maintain_order=True).agg("y")
    longest = int(rows["y"].list.len().max() or 0)  # type: ignore[arg-type]
    values = np.full((len(rows), longest), np.nan)
    for row, y in zip(values, rows["y"], strict=True):
        row[-len(y) :] = y.to_numpy()
    periods = calendar(np.datetime64("2000-01-01"), longest, "MS")
    return Panel(rows["unique_id"].to_numpy().astype(np.str_), periods, values, "MS")


def _say(made: Backtest) -> None:
    for line in notes(made):
        console.print(line)


def _plain(name: str, value: float, unit: str = "×") -> Measure:
    return Measure(name, round(value, 4), unit)
