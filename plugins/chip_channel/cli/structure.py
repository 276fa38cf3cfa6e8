"""Commands of the channel's structure."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import typer

from chip_channel.channel import structure
from chip_channel.console import console, table

app = typer.Typer(no_args_is_help=True, help="Channel structure: who reaches which customers.")


@app.callback()
def _group() -> None:
    """Channel structure: who reaches which customers."""


def _month(text: str | None) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m").date() if text else None  # noqa: DTZ007 - a month
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: write a month as 2026-03") from error


@app.command("what-if")
def what_if(
    sub_dealer: str,
    to: Annotated[
        str, typer.Option(help="A core or direct dealer, or `direct`: the vendor itself")
    ],
    first: Annotated[str | None, typer.Option("--from", help="First month, 2026-01")] = None,
    last: Annotated[str | None, typer.Option("--to-month", help="Last month")] = None,
) -> None:
    """A sub-dealer's end customers served by another: structure and rebates before and after."""
    try:
        moved = structure.what_if(sub_dealer, to, _month(first), _month(last))
    except LookupError as error:
        console.print(f"[red]{error.args[0]}[/red]", highlight=False)
        raise typer.Exit(2) from error
    console.print(f"[bold]{sub_dealer} → {to}[/bold], {moved.first:%Y-%m} to {moved.last:%Y-%m}: "
                  f"{moved.amount:,.2f} moved")  # fmt: skip
    old, new = moved.before, moved.after
    rows: list[tuple[object, ...]] = [
        (
            f"{name}, share",
            _share(old.by_role[name], old.amount),
            _share(new.by_role[name], new.amount),
        )
        for name in structure.ROLES
    ]
    rows += [
        ("mean levels", _number(old.mean_levels, 3), _number(new.mean_levels, 3)),
        ("at most two levels, share", _share(old.two_tier_share, 1), _share(new.two_tier_share, 1)),
        ("concentration of dealers (HHI)", _number(old.dealer_hhi, 0), _number(new.dealer_hhi, 0)),
    ]
    console.print(table("Sales to end customers", "", "before", "after", rows=rows))
    differing = [r for r in moved.rebates if r["difference"]]
    total = sum((r["difference"] for r in differing), Decimal(0))
    console.print(table("Rebates", "dealer", "before", "after", "difference", rows=[
        (r["dealer_id"], f"{r['now']:,.2f}", f"{r['tried']:,.2f}", f"{r['difference']:+,.2f}")
        for r in differing
    ]))  # fmt: skip
    console.print(f"In all {total:+,.2f}, over every statement that these months touch.")
    console.print(_assumed(moved.still_bought, to))


def _assumed(still_bought: Decimal, to: str) -> str:
    buying = (
        f"it still buys {still_bought:.0%} of what it bought, for other dealers"
        if still_bought
        else "it buys nothing any more"
    )
    return (
        f"Assumed: customers, parts and prices stay; {buying}; shipments of the vendor stay as they were, "
        "so rebates on sell-in do not change; months before and after, also those that growth is measured "
        "against, are not moved"
        + ("; the vendor pays itself no rebate." if to == structure.DIRECT else ".")
    )


def _share(part: Decimal | None, whole: Decimal | int) -> str:
    return "" if part is None or whole <= 0 else f"{part / whole:.1%}"


def _number(value: Decimal | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
