"""Commands for the servers of one machine."""

import typer

from chip_channel.cli.base import console
from chip_channel.local.postgres import EmbeddedPostgres
from chip_channel.settings import settings

app = typer.Typer(no_args_is_help=True, help="Servers on this machine, on loopback.")


def embedded() -> EmbeddedPostgres:
    """The embedded server of this project."""
    return EmbeddedPostgres(settings().home / "postgres")


@app.command()
def start() -> None:
    """Start the embedded PostgreSQL."""
    embedded().start()
    console.print("PostgreSQL runs.")


@app.command()
def stop() -> None:
    """Stop it."""
    embedded().stop()
    console.print("PostgreSQL is stopped.")
