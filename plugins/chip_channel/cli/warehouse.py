"""Commands of the warehouse and its contracts."""

import csv
import sys
from typing import Annotated

import typer

from chip_channel.console import console
from chip_channel.contracts.generate import write
from chip_channel.publish.dbt import dbt
from chip_channel.warehouse import connect, migrate

group = typer.Typer(no_args_is_help=True, help="Schema and data of the warehouse.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("sql")(query)
    app.command("contracts")(regenerate)


@group.command()
def init() -> None:
    """Bring schema, roles, raw tables and dbt's tables and views to this release."""
    migrate()
    dbt("build", "--selector", "deploy", progress=console.print)


def query(
    statement: str, role: Annotated[str, typer.Option(help="Who asks")] = "bi_reader"
) -> None:
    """Print the rows of a query as CSV."""
    with connect(role) as connection:
        connection.read_only = True
        found = connection.execute(statement)  # type: ignore[call-overload]
        out = csv.writer(sys.stdout)
        out.writerow(c.name for c in found.description or [])
        out.writerows(found)


def regenerate() -> None:
    """Generate what follows from the contracts."""
    changed = write()
    console.print("\n".join(changed) or "Nothing to change.")
