"""Commands of the sample world."""

from pathlib import Path
from typing import Annotated

import typer

from chip_channel.console import console
from chip_channel.settings import settings

app = typer.Typer(no_args_is_help=True, help="A sample world of dealers, with known truth.")


@app.command()
def write(
    folder: Annotated[Path | None, typer.Option(help="Where; var/world if left out")] = None,
    small: Annotated[bool, typer.Option(help="Three dealers, three months")] = False,
) -> None:
    """Simulate the world and write the files its dealers send, and the truth."""
    from chip_channel.world import WorldSpec, write_world  # noqa: PLC0415 - only when asked for

    target = folder or settings().home / "world"
    made = write_world(WorldSpec.small() if small else WorldSpec(), target, console.print)
    console.print(f"{len(made.records)} files in {target}/files, the truth in {target}/truth")


@app.command()
def land(
    month: Annotated[str, typer.Argument(help="Month of arrival, 2026-03, or 'all'")],
    folder: Annotated[Path | None, typer.Option(help="The world; var/world if left out")] = None,
) -> None:
    """Put the files that arrived in a month into the landing folder."""
    from chip_channel.world.landing import land_month  # noqa: PLC0415 - only when asked for

    console.print(f"{land_month(folder or settings().home / 'world', month)} files landed")
