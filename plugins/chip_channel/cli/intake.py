"""Commands of intake: ingest what waits, replay what was mended."""

from typing import Annotated

import typer
from rich.progress import Progress

from chip_channel.console import console, table
from chip_channel.intake.landing import waiting
from chip_channel.intake.replay import replay
from chip_channel.intake.service import Outcome, ingest


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("ingest")(ingest_waiting)
    app.command("replay")(replay_mended)


def ingest_waiting() -> None:
    """Take every file that waits in the landing folder."""
    arrivals = waiting()
    if not arrivals:
        console.print("Nothing waits in the landing folder.")
        return
    with Progress(console=console) as progress:
        task = progress.add_task("files", total=len(arrivals))
        outcomes = ingest(arrivals, lambda _: progress.advance(task))
    show(outcomes)


def replay_mended(
    dealer: Annotated[str | None, typer.Option(help="Only this dealer's files")] = None,
    submission: Annotated[
        int | None, typer.Option(help="Only this submission, feed changed or not")
    ] = None,
) -> None:
    """Read quarantined or refused files again whose feed was changed since."""
    show(replay(dealer, submission))


def show(outcomes: list[Outcome]) -> None:
    """What became of files, and why lines were kept out."""
    by_outcome: dict[str, int] = {}
    counts = {"read": 0, "accepted": 0, "quarantined": 0}
    skipped = 0
    for o in outcomes:
        name = f"{o.outcome} {o.code}" if o.code else o.outcome
        by_outcome[name] = by_outcome.get(name, 0) + 1
        for key in counts:
            counts[key] += o.counts.get(key, 0)
        skipped += sum(o.counts.get("skipped", {}).values())
    console.print(table("Files", "outcome", "files", rows=sorted(by_outcome.items())))
    console.print(
        f"{counts['read']:,} lines = {counts['accepted']:,} accepted + "
        f"{counts['quarantined']:,} quarantined + {skipped:,} skipped"
    )
    for o in outcomes:
        if o.outcome == "rejected":
            console.print(f"[red]{o.dealer_id}/{o.file}[/red] {o.code}: {o.detail}")
