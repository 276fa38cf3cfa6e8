"""The command line: every task of a DAG is first a command."""

import sys

from chip_channel.cli import feed, intake, local, publish, quality, warehouse, world
from chip_channel.cli.base import app
from chip_channel.intake.feed import FeedError
from chip_channel.warehouse.connect import NoWarehouseError

app.add_typer(feed.app, name="feed")
app.add_typer(local.app, name="local")
app.add_typer(warehouse.group, name="warehouse")
app.add_typer(world.app, name="world")
app.add_typer(quality.app, name="gate")
for commands in (intake, publish, warehouse):
    commands.register(app)


def main() -> None:
    """Run the command line; mistakes of the set-up are one line, not a traceback."""
    try:
        app()
    except (FeedError, NoWarehouseError) as error:
        sys.exit(str(error))
