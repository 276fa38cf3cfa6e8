"""Commands for a dealer's feed: draft it, look at what it does, check its samples."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from chip_channel.console import console, table
from chip_channel.intake.codes import codes
from chip_channel.intake.draft import draft
from chip_channel.intake.feed import feed_files
from chip_channel.intake.samples import check_samples, preview
from chip_channel.settings import settings

app = typer.Typer(no_args_is_help=True, help="How one dealer's files are read.")


@app.command()
def init(
    file: Path,
    dealer: Annotated[str, typer.Option(help="Folder name of the dealer")] = "newdealer",
    report: Annotated[str | None, typer.Option(help="pos, stock, …; guessed if left out")] = None,
    write: Annotated[bool, typer.Option(help="Write feeds/<dealer>/feed.yml")] = False,
) -> None:
    """Draft a feed from a sample file."""
    made = draft(file, dealer, report)
    target = settings().feeds / dealer / "feed.yml"
    if write and target.exists():
        console.print(f"{target} exists; it is left as it is. The draft:")
    elif write:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(made.yaml, encoding="utf-8")
        console.print(f"Wrote {target}.")
    console.print(made.yaml, markup=False)
    if made.missing:
        console.print(f"[red]To fill in:[/red] {', '.join(made.missing)}")
    if made.unused:
        console.print(f"Headers that fit no column: {', '.join(made.unused)}", markup=False)
    console.print(f"Next: chip-channel feed preview {dealer} {file}", markup=False)


@app.command("preview")
def preview_file(
    dealer: str,
    file: Path,
    lines: Annotated[int, typer.Option(help="Lines to show")] = 8,
) -> None:
    """Show what would become of a file; nothing is written."""
    done = preview(dealer, file)
    if done.fatal:
        words = codes()[done.fatal.code]
        console.print(f"[red]{done.fatal}[/red]\n{words['advice']} {words['advice_zh']}")
        raise typer.Exit(1)
    counts = done.counts
    console.print(
        f"{done.report}: {counts.read:,} lines = {counts.accepted:,} accepted + "
        f"{counts.quarantined:,} quarantined + {counts.skipped_total:,} skipped"
    )
    shown = done.good.drop("line_hash", strict=False).head(lines)
    shown = shown.select(c for c in shown.columns if shown[c].null_count() < shown.height)
    console.print(table("Accepted", *shown.columns, rows=shown.with_columns(
        pl.all().cast(pl.String)).rows()))  # fmt: skip
    issues = done.issues.select("row_no", "code", "field", "value", "expected", "line_as_sent")
    if issues.height:
        console.print(table("Issues", *issues.columns, rows=issues.head(4 * lines).rows()))


@app.command()
def check(dealer: Annotated[str | None, typer.Argument(help="One dealer; all if left out")] = None
          ) -> None:  # fmt: skip
    """Read all samples and compare with what they must give."""
    wrong: list[str] = []
    checked = 0
    for path in feed_files():
        if dealer in (None, path.parent.name):
            wrong += check_samples(path.parent)
            checked += 1
    for line in wrong:
        console.print(line, markup=False)
    if wrong or not checked:
        console.print(f"[red]{len(wrong)} differences[/red] in {checked} feeds")
        raise typer.Exit(1)
    console.print(f"[green]{checked} feeds read their samples as expected[/green]")
