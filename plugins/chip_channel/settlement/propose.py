"""Proposals: statements put before finance, and the decision on exactly their numbers."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from chip_channel.warehouse import connect

COLUMNS = ("statement_id", "version", "dealer_id", "programme", "component", "rule_version",
           "period_start", "period_end", "amount", "settled_before", "delta", "vat_rate", "vat")  # fmt: skip

OWED = """
select
    s.statement_id, s.settled_version + 1 as version, s.dealer_id, s.programme, s.component,
    s.rule_version, s.slice as period_start, s.period_end, s.amount, s.settled as settled_before,
    s.amount - s.settled as delta, s.vat_rate, round((s.amount - s.settled) * s.vat_rate, 2) as vat
from publish.mart_rebate_statement as s
where s.amount <> s.settled and {which}
order by s.statement_id
"""
"""What is owed, or to be taken back, as readers see it now."""


class SettlementError(RuntimeError):
    """A settlement step may not be done; the message says why and what to do."""


@dataclass(frozen=True)
class Proposal:
    """Statements put before finance."""

    proposal_id: int
    numbers_hash: str
    statements: int
    total: Decimal
    proposed_by: str

    def as_markdown(self) -> str:
        """The proposed statements as a table, for the person who decides."""
        with connect("poster") as connection:
            rows = connection.execute(
                "select statement_id, version, amount, settled_before, delta, vat from "
                "rebate.proposal_line where proposal_id = %s order by statement_id",
                (self.proposal_id,),
            ).fetchall()
        lines = [
            f"**{self.total:,.2f}** in {self.statements} statements, proposed by {self.proposed_by}  ",
            f"SHA-256 of the numbers: `{self.numbers_hash}`", "",
            "| Statement 对账单 | version | owed 应付 | settled before 已结算 | to credit 本次 | VAT 税额 |",
            "|---|---:|---:|---:|---:|---:|",
        ]  # fmt: skip
        return "\n".join(lines + [
            f"| {s} | {v} | {a:,.2f} | {b:,.2f} | {d:,.2f} | {t:,.2f} |" for s, v, a, b, d, t in rows
        ])  # fmt: skip


def propose(proposed_by: str, until: date | None = None) -> Proposal | None:
    """Put every closed period that is not settled as it stands before finance; None without any.

    `until`: periods that end on that day or before; by default those that ended ten days ago, when
    the reports on them are due.
    """
    until = until or (datetime.now(UTC) - timedelta(days=10)).date()
    with connect("poster") as connection:
        lock(connection)
        rows = _rows(connection, sql.SQL("s.period_end <= {}").format(sql.Literal(until)))
        if not rows:
            return None
        found = connection.execute(
            "insert into rebate.proposal (batch_id, known_at, numbers_hash, statements, total, proposed_by) "
            "select p.batch_id, b.known_at, %s, %s, %s, %s from ctl.publication p join ctl.batch b "
            "using (batch_id) where b.kind = 'publication' order by p.publication_id desc limit 1 "
            "returning proposal_id",
            (hash_of(rows), len(rows), sum(r["delta"] for r in rows), proposed_by),
        ).fetchone()
        assert found is not None  # noqa: S101 - there are published statements
        connection.cursor().executemany(
            sql.SQL("insert into rebate.proposal_line (proposal_id, {}) values (%s, {})").format(
                sql.SQL(", ").join(map(sql.Identifier, COLUMNS)),
                sql.SQL(", ").join([sql.Placeholder()] * len(COLUMNS)),
            ),
            [(found[0], *(row[c] for c in COLUMNS)) for row in rows],
        )
    return proposal(found[0])


def proposal(proposal_id: int) -> Proposal:
    """A proposal that was made.

    Raises SettlementError when there is none of this number.
    """
    with connect("poster") as connection:
        found = connection.execute(
            "select proposal_id, numbers_hash, statements, total, proposed_by from rebate.proposal "
            "where proposal_id = %s",
            (proposal_id,),
        ).fetchone()
    if found is None:
        raise SettlementError(f"there is no proposal {proposal_id}")
    return Proposal(*found)


def decide(proposal_id: int, numbers_hash: str, decided_by: str, approved: bool,
           note: str | None = None) -> None:  # fmt: skip
    """Write down who approved or rejected which numbers; the same decision again changes nothing.

    Raises SettlementError when the numbers are not the proposal's, when the proposer decides, and
    when it was decided otherwise before.
    """
    made = proposal(proposal_id)
    decision = "approved" if approved else "rejected"
    with connect("poster") as connection:
        lock(connection)
        before = connection.execute(
            "select decision, decided_by from rebate.decision where proposal_id = %s",
            (proposal_id,),
        ).fetchone()
        if before == (decision, decided_by):
            return
        if before:
            raise SettlementError(f"proposal {proposal_id} was {before[0]} by {before[1]} before")
        if approved and not _passed(connection, proposal_id):
            raise SettlementError(f"proposal {proposal_id} has not passed the settlement gate")
        try:
            connection.execute(
                "insert into rebate.decision (proposal_id, proposed_by, numbers_hash, decision, "
                "decided_by, note) "
                "values (%s, %s, %s, %s, %s, %s)",
                (proposal_id, made.proposed_by, numbers_hash, decision, decided_by, note),
            )
        except psycopg.errors.CheckViolation as error:
            raise SettlementError(
                f"{decided_by} proposed it: somebody else has to decide on proposal {proposal_id}"
            ) from error
        except psycopg.errors.ForeignKeyViolation as error:
            raise SettlementError(
                f"proposal {proposal_id} has other numbers than those that were decided on: "
                f"{made.numbers_hash[:12]}, not {numbers_hash[:12]}"
            ) from error


def _passed(connection: psycopg.Connection[Any], proposal_id: int) -> bool:
    found = connection.execute(
        "select outcome from ctl.gate_run where gate = 'settle' and dataset = %s "
        "order by gate_run_id desc limit 1",
        (f"proposal {proposal_id}",),
    ).fetchone()
    return found is not None and found[0] != "blocked"


def owed_now(
    connection: psycopg.Connection[Any], statements: Sequence[str]
) -> list[dict[str, Any]]:
    """The same statements as they stand now."""
    return _rows(
        connection, sql.SQL("s.statement_id = any({})").format(sql.Literal(list(statements)))
    )


def hash_of(rows: Sequence[dict[str, Any]]) -> str:
    """SHA-256 of the numbers, in the order of their statements."""
    said = [[str(row[c]) for c in COLUMNS] for row in rows]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def lock(connection: psycopg.Connection[Any]) -> None:
    """One step of settlement at a time."""
    connection.execute("select pg_advisory_xact_lock(hashtext('chip_channel.settlement'))")


def _rows(connection: psycopg.Connection[Any], which: sql.Composable) -> list[dict[str, Any]]:
    found = connection.execute(sql.SQL(OWED).format(which=which)).fetchall()
    return [dict(zip(COLUMNS, row, strict=True)) for row in found]
