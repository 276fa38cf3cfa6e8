"""Commands of rebates: rules, settlement, explanation, what-if."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from psycopg.rows import dict_row

from chip_channel.cli.failing import Failing
from chip_channel.console import console, table
from chip_channel.quality.gates import check_proposal
from chip_channel.rebates.programme import programmes
from chip_channel.rebates.registry import release as register
from chip_channel.rebates.registry import unknown_names
from chip_channel.settlement import explain as explanation
from chip_channel.settlement import post as posting
from chip_channel.settlement import propose as proposing
from chip_channel.settlement import simulate as what_if
from chip_channel.settlement.propose import SettlementError
from chip_channel.settlement.statements import write_statements
from chip_channel.warehouse import connect

app = typer.Typer(no_args_is_help=True, help="Rebates: rules, settlement, explanation, what-if.")


def _plain(value: Decimal) -> str:
    """A figure without the zeros at its end."""
    return f"{value:,f}".rstrip("0").rstrip(".") or "0"


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: write a month as 2026-03") from error


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="Folder of programmes")] = None,
) -> None:
    """Read all programmes and say what is wrong; needs no database."""
    with Failing():
        rows: list[tuple[object, ...]] = [
            (
                p.programme,
                p.component,
                v.version,
                v.valid_from,
                v.valid_to or "",
                v.period,
                v.mode,
                v.approved_by,
            )
            for p in programmes(folder)
            for v in p.versions
        ]
        console.print(table("Programmes", "programme", "component", "version", "from", "to", "period", "mode",
                            "approved by", rows=rows))  # fmt: skip


@app.command()
def release() -> None:
    """Register new versions; the next build takes them up. A released version never changes."""
    with Failing():
        done = register()
        added = ", ".join(f"{p} version {v}" for p, v in done)
        console.print(f"Released: {added or 'nothing new'}")
        for name in unknown_names():
            console.print(f"[yellow]{name}[/yellow]")


@app.command()
def near(limit: Annotated[int, typer.Option(help="So many")] = 20) -> None:
    """Who is how far from the next band, and what it would pay."""
    _show(
        "Next to the next band",
        "select dealer_id, programme, slice as period, round(evaluated, 2) as reached, unit, "
        "round(to_next_band, 2) as missing, amount as pays_now, amount_at_next_band as would_pay, "
        "amount_at_next_band - amount as gain from publish.mart_rebate_statement "
        "where to_next_band is not null and ineligible_reason is null "
        "and amount_at_next_band > amount "
        "and slice = (select max(o.slice) from publish.mart_rebate_statement o where o.programme = "
        "mart_rebate_statement.programme) "
        "order by to_next_band / nullif(evaluated + to_next_band, 0) limit %s",
        (limit,),
    )


@app.command()
def propose(
    by: Annotated[str, typer.Option(help="Who proposes")],
    until: Annotated[
        datetime | None, typer.Option(help="Periods that end on that day or before")
    ] = None,
) -> None:
    """Put closed periods before finance, and run the settlement gate on them."""
    with Failing():
        made = proposing.propose(by, until.date() if until else None)
        if made is None:
            console.print("Nothing is open: every closed period is settled as it stands.")
            return
        outcome = check_proposal(made.proposal_id)
        console.print(f"Proposal {made.proposal_id}: {made.statements} statements, {made.total:,.2f} in all, "
                      f"gate {outcome}\nHash of the numbers: {made.numbers_hash}")  # fmt: skip
        show(made.proposal_id)


@app.command()
def show(proposal: int) -> None:
    """The statements of a proposal."""
    _show(f"Proposal {proposal}", "select statement_id, version, amount, settled_before, delta, vat from "
          "rebate.proposal_line where proposal_id = %s order by statement_id", (proposal,))  # fmt: skip


@app.command()
def approve(proposal: int, by: Annotated[str, typer.Option(help="Who approves")],
            numbers: Annotated[str, typer.Option(help="Hash of the numbers that were looked at")],
            note: str = "") -> None:  # fmt: skip
    """Approve exactly these numbers; not by the proposer."""
    with Failing():
        proposing.decide(proposal, numbers, by, approved=True, note=note)
        console.print(f"Proposal {proposal} is approved by {by}.")


@app.command()
def reject(
    proposal: int, by: Annotated[str, typer.Option(help="Who rejects")], note: str = ""
) -> None:
    """Reject a proposal."""
    with Failing():
        proposing.decide(
            proposal, proposing.proposal(proposal).numbers_hash, by, approved=False, note=note
        )
        console.print(f"Proposal {proposal} is rejected by {by}.")


@app.command()
def post(
    proposal: int,
    month: Annotated[str | None, typer.Option(help="Accounting month, 2026-03")] = None,
) -> None:
    """Settle an approved proposal, post it, and write credit notes and statements."""
    with Failing():
        done = posting.post(proposal, _month(month) if month else None)
        console.print(f"Proposal {proposal}: {done.settlements} settlements, {done.total:,.2f}, "
                      f"{done.postings} journal lines")  # fmt: skip
        for path in write_statements(proposal):
            console.print(str(path))


@app.command()
def accrue(month: str) -> None:
    """Post what is accrued to the end of a month, 2026-03."""
    with Failing():
        console.print(f"{posting.accrue(_month(month))} journal lines")


@app.command()
def explain(statement: str,
            line: Annotated[int | None, typer.Option(help="Number of the line in the list")] = None,
            ) -> None:  # fmt: skip
    """From a statement's amount to band, rate and rule, and to the lines of the dealer's files."""
    with Failing():
        told = explanation.explain(statement)
        s, rule = told.statement, told.rule
        console.print(
            f"[bold]{s['statement_id']}[/bold], version {s['version']}: {s['amount']:,.2f}, {s['state']}\n"
            f"Rule: {rule['name_en']} / {rule['name_zh']}, version {rule['version']}, {rule['mode']} by "
            f"{rule['basis']}, approved by {rule['approved_by']} on {rule['approved_on']}\n"
            f"Counted: {s['measure']:,.2f} {s['unit']} in {s['line_count']} lines of {rule['source']}"
            + (f" + {s['before_measure']:,.2f} earlier in the year" if s["before_measure"] else "")
            + (f" − {s['lower_levels']:,.2f} paid by lower levels" if s["lower_levels"] else "")
            + (f"; baseline {s['baseline_measure']:,.2f}" if s["baseline_measure"] is not None else "")
            + f"\nEarned: {s['earned']:,.6f}" + (f", held by the {s['bound']}" if s["bound"] else "")
            + (f"; not paid: {s['ineligible_reason']}" if s["ineligible_reason"] else ""),
            highlight=False,
        )  # fmt: skip
        console.print(table("Bands", "band", "from", "rate", "reached", rows=[
            (b["band_no"], "below" if b["from_value"] is None else _plain(b["from_value"]),
             _plain(b["rate"]),
             "◀" if b["band_no"] == s["band_no"] else "") for b in told.bands
        ]))  # fmt: skip
        for cause in told.causes:
            console.print(f"Since it was settled, {cause['cause']}: {cause['amount']:+,.2f}")
        chosen = (
            list(enumerate(told.lines, 1))[line - 1 : line]
            if line
            else list(enumerate(told.lines, 1))
        )
        console.print(table("Lines", "no", "date", "document", "line", "part", "counted", "share",
                            "rebate", rows=[
            (n, ln["business_date"], ln["document_no"], ln["line_no"], ln["mpn"], f"{ln['measure']:,.2f}",
             f"{ln['share']:.6f}", ln["amount"]) for n, ln in chosen
        ]))  # fmt: skip
        if line:
            if not chosen:
                raise SettlementError(f"the statement has {len(told.lines)} lines, no line {line}")
            _tell_source(explanation.source_line(chosen[0][1]))
        else:
            console.print(f"Sum of the lines: {sum(ln['amount'] for ln in told.lines):,.2f}")


def _tell_source(source: explanation.SourceLine) -> None:
    console.print(f"File: {source.file_name}, row {source.row_no}, SHA-256 {source.sha256}")
    console.print(
        f"As sent: {source.as_sent or 'the file is not kept here any more'}", markup=False
    )
    console.print(table("As loaded", "column", "value", rows=[(k, v) for k, v in source.reported.items()
                                                              if v is not None]))  # fmt: skip


@app.command()
def simulate(
    programme: Path,
    first: Annotated[str, typer.Option("--from", help="First month, 2026-01")],
    last: Annotated[str, typer.Option("--to", help="Last month")],
) -> None:
    """A changed programme on published history: cost, winners and losers, thresholds, load-in."""
    with Failing():
        found = what_if.simulate(programme, _month(first), _month(last))
        now, tried = found.cost
        console.print(f"[bold]{found.programme}[/bold]: {now:,.2f} as published, {tried:,.2f} as tried, "
                      f"{tried - now:+,.2f}")  # fmt: skip
        console.print(table("By dealer and period", "dealer", "period", "now", "tried", "difference",
                            "to next band", "gain there", rows=[
            (s["dealer_id"], s["period_start"], s["now"], s["tried"], f"{s['difference']:+,.2f}",
             "" if s["to_next_band"] is None else f"{s['to_next_band']:,.2f}", s["next_gain"] or "")
            for s in found.statements
        ]))  # fmt: skip
        loaded = [r for r in found.load_in if r["share"] > what_if.LOADED_SHARE]
        console.print(table(
            "Quarters that were bought at their end", "dealer", "quarter", "share of last month",
            rows=[(r["dealer_id"], r["quarter"], f"{r['share']:.0%}") for r in loaded],
        ))  # fmt: skip


def _show(title: str, query: str, asked: tuple[Any, ...]) -> None:
    with connect("poster", row_factory=dict_row) as connection:
        rows = connection.execute(query, asked).fetchall()  # type: ignore[call-overload]
    if not rows:
        console.print(f"{title}: none")
        return
    console.print(table(title, *rows[0], rows=[tuple(r.values()) for r in rows]))
