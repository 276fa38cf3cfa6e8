"""Commands from batch to publication."""

from datetime import datetime
from typing import Annotated

import typer

from chip_channel.console import console, table
from chip_channel.publish import publish as publishing
from chip_channel.publish.build import build
from chip_channel.publish.dbt import static_docs


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("build")(build_batch)
    app.command("publish")(publish_batch)
    app.command("housekeep")(housekeep)
    app.command("report")(report)
    app.command("docs")(docs)


def build_batch(
    known_at: Annotated[
        str | None, typer.Option(help="Recompute what was known then (ISO)")
    ] = None,
    month: Annotated[list[str] | None, typer.Option(help="Build this month again, 2026-03")] = None,
) -> None:
    """Build the slices that new submissions touch."""
    batch = build(
        datetime.fromisoformat(known_at) if known_at else None,
        tuple(datetime.strptime(m, "%Y-%m").date() for m in month or ()),  # noqa: DTZ007 - a month
        console.print,
    )
    if batch is None:
        console.print("Nothing is new; no batch was opened.")
        return
    console.print(f"Batch {batch.batch_id}: {batch.submissions} submissions, "
                  f"{len(batch.months)} months touched")  # fmt: skip


def publish_batch(batch_id: int) -> None:
    """Show a batch to readers."""
    try:
        done = publishing.publish(batch_id)
    except publishing.NotPublishableError as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from error
    console.print(table(f"Publication {done.publication_id} of batch {done.batch_id}",
                        "mart", "slices", rows=sorted(done.slices.items())))  # fmt: skip


def housekeep() -> None:
    """Drop versions of slices that nobody can see any more."""
    dropped = publishing.drop_old_versions()
    console.print(", ".join(f"{m}: {n:,} rows" for m, n in dropped.items()) or "Nothing to drop.")


def report() -> None:
    """Write the report and the quality page; print where."""
    from chip_channel.report.page import write_report  # noqa: PLC0415 - charts take a second

    console.print(str(write_report()), soft_wrap=True)


def docs() -> None:
    """Write dbt's documentation beside the report, as one page; print where."""
    from chip_channel.report.page import DOCS, write_beside, write_report  # noqa: PLC0415

    console.print(str(write_beside(DOCS, static_docs().read_bytes())), soft_wrap=True)
    write_report()  # its pages link to what is there
