"""What commands that compare on a file of demand ask for, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from chip_channel.planning.panel import Panel

Data = Annotated[Path, typer.Option(help="Parquet or CSV: series, date, quantity")]
LeadTime = Annotated[int, typer.Option(min=0, help="Periods from order to arrival")]
Review = Annotated[int, typer.Option(min=1, help="Periods between orders")]
Fill = Annotated[float, typer.Option(help="Share of demand served at once, for all alike")]
Freq = Annotated[str, typer.Option(help="MS: months; W: weeks")]
Measured = Annotated[int | None, typer.Option(help="Last periods that count; 2 years, 1 of weeks")]
Recipe = Annotated[str | None, typer.Option(help="Forecast recipe for smooth and erratic series")]
SeriesColumn = Annotated[str, typer.Option(help="Name in the file")]
DateColumn = Annotated[str, typer.Option(help="Name in the file")]
QuantityColumn = Annotated[str, typer.Option(help="Name in the file")]


def read_panel(data: Path, freq: str, series: str, date: str, quantity: str) -> Panel:
    """The demand of a file. Raises typer.BadParameter for another freq, and PanelError."""
    from chip_channel.planning.panel import read  # noqa: PLC0415 - only when asked for

    if freq not in ("MS", "W"):
        raise typer.BadParameter("freq is MS or W")
    return read(data, freq, series=series, date=date, quantity=quantity)  # type: ignore[arg-type]


def recipes(name: str | None) -> dict[str, str] | None:
    """One recipe for the classes that `Recipe` speaks of."""
    return dict.fromkeys(("smooth", "erratic"), name) if name else None
