"""Commands of the gates."""

from collections.abc import Callable
from typing import Annotated

import typer

from chip_channel.console import console
from chip_channel.quality.gate import GateResult
from chip_channel.quality.gates import (
    GateBlockedError,
    check_marts,
    check_publication,
    judge_submissions,
    release,
)

app = typer.Typer(no_args_is_help=True, help="Data quality gates.")


def show(result: GateResult) -> None:
    """One line for a dataset, one for each failed check."""
    colour = {"passed": "green", "warned": "yellow", "blocked": "red"}[result.outcome]
    console.print(f"[{colour}]{result.outcome:8}[/{colour}] {result.gate} {result.dataset}: "
                  f"{len(result.checks)} checks, {result.rows:,} rows")  # fmt: skip
    for check in result.checks:
        if not check.passed:
            word = "blocks" if check.blocks else "warns"
            console.print(
                f"         {word}: {check.name}: {check.detail} (protects {check.protects})"
            )


def _run(gate: Callable[[], str]) -> None:
    try:
        gate()
    except GateBlockedError as error:
        console.print(f"[red]{error}[/red]", markup=True)
        raise typer.Exit(2) from error


@app.command()
def raw() -> None:
    """Gate 1: judge the submissions that wait for it."""
    counts, _ = judge_submissions(show)
    console.print(", ".join(f"{n} {k}" for k, n in counts.items()) or "No submission waits.")


@app.command()
def marts(batch_id: int) -> None:
    """Gate 2: check what a batch built."""
    _run(lambda: check_marts(batch_id, show))


@app.command()
def publication(batch_id: int) -> None:
    """Gate 3: check what readers would see."""
    _run(lambda: check_publication(batch_id, show))


@app.command("release")
def release_submission(
    submission_id: int,
    who: Annotated[str, typer.Option(help="Your name")],
    reason: Annotated[str, typer.Option(help="Why it is right after all")],
) -> None:
    """Let a blocked submission through, in your name."""
    release(submission_id, who, reason)
    console.print(f"Submission {submission_id} is released; the next build takes it up.")
