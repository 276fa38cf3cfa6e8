"""The command that measures what each planning factor is worth."""

from __future__ import annotations

import time
from itertools import groupby
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

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
from chip_channel.cli.series import by_series, read_table
from chip_channel.console import console, table

if TYPE_CHECKING:
    import polars as pl

DATES = ("launched", "last_buy", "last_ship")


def ablate(
    data: Data,
    items: Annotated[
        Path | None,
        typer.Option(
            help="Parquet or CSV by series: family, launched, last_buy, last_ship, lead_time; "
            "any of them"
        ),
    ] = None,
    index: Annotated[
        Path | None, typer.Option(help="Parquet or CSV: series, period, value, published_at")
    ] = None,
    lead_time: LeadTime = 2,
    review: Review = 1,
    fill: Fill = 0.95,
    freq: Freq = "MS",
    measured: Measured = None,
    recipe: Recipe = None,
    stock: Annotated[bool, typer.Option(help="Simulate stock too: turnover at equal fill")] = True,
    series_column: SeriesColumn = "series",
    date_column: DateColumn = "date",
    quantity_column: QuantityColumn = "quantity",
) -> None:
    """Measure what history, market index and lifecycle are worth, on demand that was held back."""
    from chip_channel.planning.ablate import ablate as compare  # noqa: PLC0415 - when asked for
    from chip_channel.planning.facts import Facts  # noqa: PLC0415
    from chip_channel.planning.market import Index  # noqa: PLC0415
    from chip_channel.planning.panel import PanelError  # noqa: PLC0415
    from chip_channel.planning.simulate import Terms  # noqa: PLC0415

    started = time.perf_counter()
    try:
        panel = read_panel(data, freq, series_column, date_column, quantity_column)
        given = about(items, panel.ids) if items else {}
        lead = given.pop("lead_time", lead_time)
        terms = Terms.of(len(panel), lead, review, default_lead_time=lead_time)
        made = compare(
            panel, terms,
            Facts(**given, index=Index.from_frame(read_table(index)) if index else None),
            fill=fill, measured=measured, stock=stock, recipes=recipes(recipe),
        )  # fmt: skip
    except (PanelError, ValueError, KeyError) as error:
        raise typer.BadParameter(str(error.args[0])) from None
    for part in [*results(made.rows, fill), verdicts(made.used)]:
        console.print(part)
    for line in made.notes:
        console.print(line)
    for name, counts in (
        ("Series mended or on a fallback", made.fallbacks),
        ("Terms that were missing or impossible", terms.mended),
    ):
        if counts:
            console.print(f"{name}: " + ", ".join(f"{k} {n:,}" for k, n in counts.items()))
    console.print(f"{len(panel):,} series, {time.perf_counter() - started:.0f} s")


def results(rows: pl.DataFrame, fill: float) -> list[Table]:
    """A table for each group: what every arm gives, and how much it differs from the history."""
    tables = []
    for (kind, group), some in groupby(
        rows.sort("group_kind", "group", maintain_order=True).to_dicts(),
        key=lambda row: (row["group_kind"], row["group"]),
    ):
        cells: dict[str, dict[str, dict[str, Any]]] = {}
        for row in some:
            cells.setdefault(row["arm"], {})[row["measure"]] = row
        first = next(iter(next(iter(cells.values())).values()))
        measures = list(dict.fromkeys(m for found in cells.values() for m in found))
        name = "All series" if kind == "all" else f"{kind} {group}"
        title = f"{name}: {first['items']:,} · {first['origins']} origins"
        made = table(
            title + (f" · fill {fill:.1%}" if "turnover" in measures else ""),
            "arm", *(text for m in measures for text in (m, "change", "95 %")),
            rows=[
                (arm, *(text for m in measures for text in _cells(found.get(m))))
                for arm, found in cells.items()
            ],
        )  # fmt: skip
        for column in made.columns[1:]:
            column.justify = "right"
        tables.append(made)
    return tables


def verdicts(used: pl.DataFrame) -> Table:
    """Where each factor is used now, and why not elsewhere."""
    made = table(
        "In use at the last origin",
        "factor", "segment", "used", "gain", "± error", "best placebo", "why not", "index",
        "origins in use",
        rows=[(
            row["factor"], row["segment"] or "all", "yes" if row["used"] else "no",
            _share(row["gain"]), _share(row["gain_error"]), _share(row["placebo_gain"]),
            row["reason"], row["series"], _share(row["share"]),
        ) for row in used.to_dicts()],
    )  # fmt: skip
    for column in made.columns[3:6]:
        column.justify = "right"
    return made


def about(path: Path, ids: Any) -> dict[str, Any]:
    """Family, dates and lead time by series, in the order of `ids`; empty where not given."""
    import polars as pl  # noqa: PLC0415 - only when asked for

    joined = by_series(path, ids)
    found: dict[str, Any] = {}
    if "family" in joined.columns:
        found["family"] = joined["family"].cast(pl.String).fill_null("").to_numpy()
    for name in DATES:
        if name in joined.columns:
            found[name] = joined[name].cast(pl.Date).to_numpy().astype("datetime64[D]")
    if "lead_time" in joined.columns:
        found["lead_time"] = joined["lead_time"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return found


def _cells(row: dict[str, Any] | None) -> tuple[str, str, str]:
    if row is None:
        return "–", "–", "–"
    value = "" if row["value"] is None else f"{row['value']:.3f}"
    return value, f"{row['change']:+.3f}", f"{row['low']:+.3f} … {row['high']:+.3f}"


def _share(value: float | None) -> str:
    return "–" if value is None or not isfinite(value) else f"{value:.1%}"
