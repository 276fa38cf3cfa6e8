"""Commands of policies: what they say, and their release."""

from pathlib import Path
from typing import Annotated

import typer

from chip_channel.cli.failing import Failing
from chip_channel.console import console, table
from chip_channel.policies.policy import policies
from chip_channel.policies.registry import release as register

app = typer.Typer(no_args_is_help=True, help="Policies: tiers, diversion, channel health.")


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="Folder of policies")] = None,
) -> None:
    """Read all policies and say what is wrong; needs no database."""
    with Failing():
        rows: list[tuple[object, ...]] = [
            (
                p.policy,
                v.version,
                v.valid_from,
                "\n".join(f"{part} {weight:.0%}" for part, weight in v.weights.items()),
                "\n".join(f"{level.level} from {level.from_:g}" for level in v.levels),
                v.approved_by,
            )
            for p in policies(folder)
            for v in p.versions
        ]
        console.print(
            table(
                "Policies",
                "policy",
                "version",
                "from",
                "weights",
                "levels",
                "approved by",
                rows=rows,
            )
        )


@app.command()
def release() -> None:
    """Register new versions; the next build takes them up. A released version never changes."""
    with Failing():
        added = ", ".join(f"{p} version {v}" for p, v in register())
        console.print(f"Released: {added or 'nothing new'}")
