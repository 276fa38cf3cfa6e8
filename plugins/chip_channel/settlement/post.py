"""Posting: approved statements become settlements and journal entries, once, in one transaction."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg

from chip_channel.settlement.propose import (
    COLUMNS,
    SettlementError,
    hash_of,
    lock,
    owed_now,
    proposal,
)
from chip_channel.warehouse import connect

ACCOUNTS = "select role, account from intermediate.gl_account"


@dataclass(frozen=True)
class Posted:
    """What posting a proposal wrote; nothing, when it had been posted."""

    proposal_id: int
    settlements: int
    total: Decimal
    postings: int


def post(proposal_id: int, accounting_month: date | None = None) -> Posted:
    """Settle an approved proposal: lock its statements, accrue what is not accrued, credit the dealers.

    Posting again changes nothing. `accounting_month`: first day of the open month; by default the
    current one. Raises SettlementError without an approval, and when the numbers have moved since.
    """
    month = accounting_month or datetime.now(UTC).date().replace(day=1)
    made = proposal(proposal_id)
    with connect("poster") as connection:
        lock(connection)
        decision = connection.execute(
            "select decision, decided_by from rebate.decision where proposal_id = %s",
            (proposal_id,),
        ).fetchone()
        if decision is None or decision[0] != "approved":
            told = "was rejected" if decision else "has no decision"
            raise SettlementError(
                f"proposal {proposal_id} {told}: nothing is posted without approval"
            )
        done = connection.execute(
            "select count(*), coalesce(sum(delta), 0) from rebate.settlement where proposal_id = %s",
            (proposal_id,),
        ).fetchone()
        assert done is not None  # noqa: S101 - an aggregate has a row
        if done[0]:
            return Posted(proposal_id, done[0], done[1], 0)
        ids = [
            row[0]
            for row in connection.execute(
                "select statement_id from rebate.proposal_line where proposal_id = %s",
                (proposal_id,),
            )
        ]
        rows = owed_now(connection, ids)
        if hash_of(rows) != made.numbers_hash:
            raise SettlementError(
                f"the numbers of proposal {proposal_id} have changed since it was made: propose again"
            )
        _settle(connection, proposal_id, rows)
        written = _accrue(connection, [(r, r["amount"]) for r in rows], month)
        written += _credit(connection, rows, month)
    return Posted(proposal_id, len(rows), made.total, written)


def accrue(month: date) -> int:
    """Post what is accrued to the end of a month and not posted yet; how many journal lines.

    Accruing again changes nothing. `month`: its first day, also the accounting month. Raises
    SettlementError when a later month is accrued: what is found later belongs to the open one.
    """
    with connect("poster") as connection:
        lock(connection)
        last = _last_accrued(connection)
        if last is not None and month < last:
            raise SettlementError(f"{month:%Y-%m} is closed: {last:%Y-%m} is accrued")
        rows = [
            (dict(zip(("statement_id", "dealer_id", "programme"), row[:3], strict=True)), row[3])
            for row in connection.execute(
                "select distinct on (statement_id) statement_id, dealer_id, programme, accrued_to_date "
                "from publish.mart_rebate_accrual where month <= %s order by statement_id, month desc",
                (month,),
            )
        ]
        return _accrue(connection, rows, month)


def accrue_closed_months() -> int:
    """Accrue every month that is over and not accrued, in order; how many journal lines."""
    today = datetime.now(UTC).date()
    with connect("poster") as connection:
        last = _last_accrued(connection)
        months = [
            row[0]
            for row in connection.execute(
                "select distinct month from publish.mart_rebate_accrual where month < %s order by month",
                (today.replace(day=1),),
            )
            if last is None or row[0] >= last
        ]
    return sum(accrue(month) for month in months)


def _last_accrued(connection: psycopg.Connection[Any]) -> date | None:
    found = connection.execute(
        "select max(accounting_month) from rebate.posting where journal = 'accrual'"
    ).fetchone()
    return found[0] if found else None


def _settle(
    connection: psycopg.Connection[Any], proposal_id: int, rows: list[dict[str, Any]]
) -> None:
    copied = [c for c in COLUMNS if c != "settled_before"]
    connection.cursor().executemany(
        f"insert into rebate.settlement ({', '.join(copied)}, proposal_id, batch_id, known_at, "  # noqa: S608
        "credit_note_no) "
        f"select {', '.join(f'%({c})s' for c in copied)}, p.proposal_id, p.batch_id, p.known_at, "
        "%(credit_note)s "
        "from rebate.proposal p where p.proposal_id = %(proposal)s",
        [
            row | {"proposal": proposal_id, "credit_note": f"CN-{proposal_id:05}-{n + 1:04}"}
            for n, row in enumerate(rows)
        ],
    )


def _accrue(connection: psycopg.Connection[Any], rows: list[tuple[dict[str, Any], Decimal]],
            month: date) -> int:  # fmt: skip
    """Debit contra-revenue, credit refund liability (ASC 606-10-32-10, IFRS 15.55): the difference
    between what is accrued and what was posted before."""
    accounts = dict(connection.execute(ACCOUNTS).fetchall())
    before = {
        statement: (amount, entries)
        for statement, amount, entries in connection.execute(
            "select statement_id, sum(credit - debit), max(version) from rebate.posting "
            "where journal = 'accrual' and account = %s group by statement_id",
            (accounts["refund_liability"],),
        )
    }
    entries = []
    for row, target in rows:
        posted, entry = before.get(row["statement_id"], (Decimal(0), 0))
        if target != posted:
            entries += _entry("accrual", row | {"version": entry + 1}, month, [
                (accounts["contra_revenue"], target - posted),
                (accounts["refund_liability"], posted - target),
            ])  # fmt: skip
    return _write(connection, entries)


def _credit(connection: psycopg.Connection[Any], rows: list[dict[str, Any]], month: date) -> int:
    """Debit the liability and the output VAT that the red-letter invoice takes back, credit the
    dealer's receivable; the other way round for a clawback."""
    accounts = dict(connection.execute(ACCOUNTS).fetchall())
    notes = dict(connection.execute(
        "select statement_id || '#' || version, credit_note_no from rebate.settlement"
    ).fetchall())  # fmt: skip
    entries = []
    for row in rows:
        note = notes[f"{row['statement_id']}#{row['version']}"]
        entries += _entry("settlement", row | {"credit_note_no": note}, month, [
            (accounts["refund_liability"], row["delta"]),
            (accounts["output_vat"], row["vat"]),
            (accounts["receivable"], -row["delta"] - row["vat"]),
        ])  # fmt: skip
    return _write(connection, entries)


def _entry(journal: str, row: dict[str, Any], month: date,
           lines: list[tuple[str, Decimal]]) -> list[dict[str, Any]]:  # fmt: skip
    """Journal lines; amounts are debits if above 0, credits if below."""
    return [
        {
            "posting_id": hashlib.sha256(
                f"{journal}|{row['statement_id']}|{row['version']}|{n}".encode()
            ).hexdigest(),
            "journal": journal, "statement_id": row["statement_id"], "version": row["version"],
            "line_no": n, "accounting_month": month, "account": account,
            "debit": max(amount, Decimal(0)), "credit": max(-amount, Decimal(0)),
            "dealer_id": row["dealer_id"], "programme": row["programme"],
            "credit_note_no": row.get("credit_note_no"),
        }
        for n, (account, amount) in enumerate(lines, 1) if amount != 0
    ]  # fmt: skip


def _write(connection: psycopg.Connection[Any], entries: list[dict[str, Any]]) -> int:
    if not entries:
        return 0
    columns = list(entries[0])
    connection.cursor().executemany(
        f"insert into rebate.posting ({', '.join(columns)}) "  # noqa: S608
        f"values ({', '.join(f'%({c})s' for c in columns)})",
        entries,
    )
    return len(entries)


__all__ = ["Posted", "SettlementError", "accrue", "post"]
