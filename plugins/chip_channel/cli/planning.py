"""Commands of planning."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import groupby
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from chip_channel.cli.ablate import ablate
from chip_channel.cli.options import (
    Data,
    DateColumn,
    Fill,
    Freq,
    LeadTime,
    Measured,
    QuantityColumn,
    Recipe,
    Review,
    SeriesColumn,
    read_panel,
    recipes,
)
from chip_channel.cli.series import by_series
from chip_channel.console import console, table

if TYPE_CHECKING:
    from chip_channel.planning.backtest import Backtest, Row

app = typer.Typer(no_args_is_help=True, help="Forecast, stock policy, proposals.")
app.command()(ablate)


@app.callback()
def planning() -> None:
    """Forecast, stock policy, proposals."""


@app.command()
def backtest(
    data: Data,
    policy: Annotated[
        list[str] | None, typer.Option(help="Show these beside the peers; left out: all")
    ] = None,
    lead_time: LeadTime = 2,
    review: Review = 1,
    fill: Fill = 0.95,
    freq: Freq = "MS",
    measured: Measured = None,
    moq: Annotated[float, typer.Option(help="Minimum order quantity, pieces")] = 0.0,
    spq: Annotated[float, typer.Option(help="Pack size, pieces; 0: no packs")] = 0.0,
    items: Annotated[
        Path | None,
        typer.Option(
            help="Parquet or CSV by series: lead_time, review, moq, spq, value, launched; any of them"
        ),
    ] = None,
    recipe: Recipe = None,
    lost_sales: Annotated[
        bool, typer.Option(help="What is short is lost, not backordered")
    ] = False,
    end_of_life: Annotated[
        bool,
        typer.Option(help="Announce last demands six months ahead; adds rows with and without"),
    ] = False,
    chart: Annotated[Path | None, typer.Option(help="Write a chart: .html, .svg or .png")] = None,
    series_column: SeriesColumn = "series",
    date_column: DateColumn = "date",
    quantity_column: QuantityColumn = "quantity",
) -> None:
    """Compare stock policies on demand that was held back, at equal fill."""
    from dataclasses import replace  # noqa: PLC0415 - only when asked for

    from chip_channel.planning import backtest as test  # noqa: PLC0415
    from chip_channel.planning.panel import PanelError  # noqa: PLC0415

    started = time.perf_counter()
    wanted = list(dict.fromkeys(policy or test.POLICIES))
    if unknown := set(wanted) - set(test.POLICIES):
        raise typer.BadParameter(f"{', '.join(unknown)}; there are {', '.join(test.POLICIES)}")
    try:
        panel = read_panel(data, freq, series_column, date_column, quantity_column)
        given = _items(items, panel.ids) if items else {}
        value, launched = given.pop("value", None), given.pop("launched", None)
        usual: dict[str, Any] = {"lead_time": lead_time, "review": review, "moq": moq, "spq": spq}
        terms = test.Terms.of(len(panel), **(usual | given), default_lead_time=lead_time)
        made = test.prepare(
            panel,
            terms,
            fill,
            measured=measured,
            recipes=recipes(recipe),
            value=value,
            lost_sales=lost_sales,
            launched=launched,
        )  # type: ignore[arg-type]
        peers = [n for n in ("cover-6", "cover-12", "min-max", "foresight") if n not in wanted]
        rows = made.compare(wanted + peers)
    except (PanelError, ValueError, KeyError) as error:
        raise typer.BadParameter(str(error.args[0])) from None
    for part in results(rows, fill):
        console.print(part)
    if end_of_life:
        known = replace(made, end_of_life=test.EndOfLife.seen(panel))
        console.print(*results([
            replace(one.solve(one.plans()["dynamic"]), policy=f"dynamic, dates {name}")
            for name, one in (("unknown", made), ("known", known))
        ], fill))  # fmt: skip
    for line in notes(made):
        console.print(line)
    if chart:
        from chip_channel.planning.chart import draw  # noqa: PLC0415 - only when asked for

        console.print(f"Chart: {draw(rows, fill, chart)}")
    console.print(f"{len(panel):,} series, {time.perf_counter() - started:.0f} s")


@app.command()
def demand(
    out: Annotated[Path, typer.Option(help="Parquet file; what belongs to it lies beside it")],
) -> None:
    """Export the demand that is published, for `backtest --freq W` and `ablate --freq W`."""
    from chip_channel.planner.export import export  # noqa: PLC0415 - only when asked for
    from chip_channel.planner.read import NothingToPlanError, read  # noqa: PLC0415

    if out.suffix != ".parquet":
        raise typer.BadParameter(f"{out}: the file is to end in .parquet")
    try:
        inputs = read()
    except NothingToPlanError as error:
        console.print(str(error))
        raise typer.Exit(1) from None
    for name, path in export(inputs, out).items():
        console.print(f"{name}: {path}")
    console.print(f"{len(inputs.panel):,} series of {len(inputs.panel.periods)} weeks")


@app.command()
def run(
    choose: Annotated[
        bool, typer.Option(help="Choose recipes, stock policies, factors anew")
    ] = False,
    publish: Annotated[bool, typer.Option(help="Pass gate 3 and publish")] = True,
) -> None:
    """Forecasts, levels, proposals and alerts on what is published."""
    from chip_channel.planner.read import NothingToPlanError  # noqa: PLC0415 - only when asked for
    from chip_channel.planner.run import plan_batch  # noqa: PLC0415
    from chip_channel.publish.publish import publish as move_pointers  # noqa: PLC0415
    from chip_channel.quality.gates import GateBlockedError, check_publication  # noqa: PLC0415

    try:
        done = plan_batch(choose, console.print)
    except NothingToPlanError as error:
        console.print(str(error))
        return
    if done is None:
        console.print("Nothing is published yet; there is nothing to plan on.")
        return
    console.print(f"Batch {done.batch.batch_id}: {done.items:,} items, demand to {done.origin}")
    if done.fallbacks:
        console.print("Mended or on a fallback: " + _counts(done.fallbacks))
    if not publish:
        return
    try:
        console.print(f"Gate 3: {check_publication(done.batch.batch_id)}")
    except GateBlockedError as error:
        console.print(f"[red]{error}[/red]\nReaders keep the last forecasts.")
        raise typer.Exit(2) from error
    move_pointers(done.batch.batch_id)
    console.print("Published.")


def results(rows: Sequence[Row], fill: float) -> list[Table]:
    """The rows of a back-test for people, a table for each class."""
    tables = []
    for group, some in groupby(rows, key=lambda row: row.group):
        of_class = list(some)
        name = "All series" if group == "all" else group
        made = table(
            f"{name}: {of_class[0].items:,} · fill {fill:.1%}",
            "policy", "turnover", "fill", "dead", "excess", "orders", "stock", "knob",
            rows=[(
                row.policy, f"{row.measures.turnover:.2f}",
                f"{row.measures.fill:.1%}{'' if row.reached else ' !'}",
                _share(row.measures.dead_share), _share(row.measures.excess_share),
                row.measures.orders, round(row.measures.stock), f"{row.knob:.2f}",
            ) for row in of_class],
        )  # fmt: skip
        for column in made.columns[1:]:
            column.justify = "right"
        if not all(row.reached for row in of_class):
            made.caption = "! the fill was not reached, whatever the stock"
        tables.append(made)
    return tables


def _share(value: float) -> str:
    return f"{value:.1%}" if isfinite(value) else "–"


def notes(made: Backtest) -> list[str]:
    """What was chosen, what it gives without hindsight, and what had to be mended."""
    chosen = ", ".join(
        f"{name}: {s.method} on {s.outlook}" for name, s in made.replayed.settings.items()
    )
    real = made.as_set()
    said = [
        f"The replay chose {chosen}.",
        f"With the knob that it had set, and no hindsight, dynamic gives a fill of {real.fill:.1%} "
        f"at a turnover of {real.turnover:.2f}.",
    ]
    counts = made.outlooks["recipes"].fallbacks
    if counts:
        said.append("Series mended or on a fallback: " + _counts(counts))
    if made.terms.mended:
        said.append("Terms that were missing or impossible: " + _counts(made.terms.mended))
    return said


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _items(path: Path, ids: Any) -> dict[str, Any]:
    """Terms and launch dates by series, in the order of `ids`; nan, nat where not in the file."""
    import polars as pl  # noqa: PLC0415 - only when asked for

    joined = by_series(path, ids)
    names = ("lead_time", "review", "moq", "spq", "value")
    found = {
        name: joined[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in names if name in joined.columns
    }  # fmt: skip
    if "launched" in joined.columns:
        found["launched"] = joined["launched"].cast(pl.Date).to_numpy().astype("datetime64[D]")
    return found
