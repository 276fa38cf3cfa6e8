"""The command line: every task of a DAG is first a command."""

import os
import sys

import psycopg
import typer

from chip_channel.cli import (
    api,
    feed,
    intake,
    local,
    planning,
    policy,
    publish,
    quality,
    rebate,
    structure,
    warehouse,
    world,
)
from chip_channel.intake.feed import FeedError
from chip_channel.publish.dbt import DbtError
from chip_channel.warehouse.connect import NoWarehouseError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Dealer files in, trusted published tables out.")  # fmt: skip
app.add_typer(feed.app, name="feed")
app.add_typer(local.app, name="local")
app.add_typer(warehouse.group, name="warehouse")
app.add_typer(world.app, name="world")
app.add_typer(quality.app, name="gate")
app.add_typer(planning.app, name="planning")
app.add_typer(rebate.app, name="rebate")
app.add_typer(policy.app, name="policy")
app.add_typer(structure.app, name="structure")
app.add_typer(api.app, name="api")
for commands in (intake, publish, warehouse):
    commands.register(app)


def main() -> None:
    """Run the command line; mistakes of the set-up are one line, not a traceback."""
    try:
        app()
    except (DbtError, FeedError, NoWarehouseError, OSError, psycopg.Error) as error:
        if os.environ.get("CHIP_CHANNEL_DEBUG"):
            raise
        sys.exit(f"{type(error).__name__}: {error}")
