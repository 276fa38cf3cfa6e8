"""One file into raw, in one transaction: ledger row, lines, issues, counts."""

import io
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psycopg
from psycopg import sql
from psycopg.types.json import Json

from chip_channel.contracts import Contract, contract
from chip_channel.intake import delimited, excel
from chip_channel.intake.block import Block
from chip_channel.intake.check import ISSUE_COLUMNS, Checked, Checker
from chip_channel.intake.codes import Fatal
from chip_channel.intake.feed import Recognised, recognise
from chip_channel.intake.ledger import Job, insert_ledger, ledger_row
from chip_channel.intake.store import stored_path

SPOOL = 8 * 1024 * 1024


@dataclass
class Counts:
    """Lines of a file by what became of them."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    warned: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    first_day: str | None = None
    """First and last business date of the accepted lines, ISO."""
    last_day: str | None = None

    def add(self, done: Checked) -> None:
        """Count one block."""
        self.accepted += done.accepted
        self.quarantined += done.quarantined
        self.warned += done.warned
        for code, n in done.skipped.items():
            self.skipped[code] = self.skipped.get(code, 0) + n
        self.read = self.accepted + self.quarantined + self.skipped_total

    @property
    def skipped_total(self) -> int:
        return sum(self.skipped.values())


@dataclass
class Loaded:
    """What became of a job: accepted, or seen: the ledger has this reading of these bytes."""

    outcome: str
    submission_id: int
    report: str = ""
    counts: Counts = field(default_factory=Counts)


def blocks(recognised: Recognised, path: Path) -> Iterator[Block]:
    """The blocks of a file, by the reader of its kind."""
    reader = excel.read if recognised.shape.kind == "excel" else delimited.read
    return reader(path, recognised.shape)


def load(connection: psycopg.Connection[Any], job: Job) -> Loaded:
    """Read, check and load one file in one transaction.

    Raises Fatal when the submission is refused (nothing is written then), psycopg's
    OperationalError when the database is gone.
    """
    recognised = recognise(job.dealer_id, job.file_name, datetime.now(UTC).date())
    known = contract(recognised.report)
    with connection.transaction():
        submission_id = insert_ledger(connection, ledger_row(job, recognised, status="accepted"))
        if submission_id is None:
            return Loaded("seen", 0, recognised.report)
        counts = _copy_lines(connection, job, recognised, known, submission_id)
        record(connection, submission_id, counts)
    return Loaded("accepted", submission_id, recognised.report, counts)


def record(connection: psycopg.Connection[Any], submission_id: int, counts: Counts) -> None:
    """Write what became of the lines of a submission into the ledger."""
    connection.execute(
        "update ctl.submission set lines_read = %s, lines_accepted = %s, "
        "lines_quarantined = %s, lines_skipped = %s, lines_warned = %s, skipped = %s, "
        "period_start = coalesce(period_start, %s), period_end = coalesce(period_end, %s) "
        "where submission_id = %s",
        (counts.read, counts.accepted, counts.quarantined, counts.skipped_total,
         counts.warned, Json(counts.skipped),
         counts.first_day, counts.last_day, submission_id),
    )  # fmt: skip


def _copy_lines(connection: psycopg.Connection[Any], job: Job, recognised: Recognised,
                known: Contract, submission_id: int) -> Counts:  # fmt: skip
    checker, counts = Checker(recognised, known), Counts()
    columns = ("submission_id", "row_no", "line_hash", *(c.name for c in checker.columns))
    garbled = 0
    with tempfile.SpooledTemporaryFile(SPOOL) as spool:
        statement = copy_statement("raw", known.name, columns)
        with connection.cursor().copy(statement) as copy:
            for block in blocks(recognised, stored_path(job.sha256)):
                done = checker.check(block)
                if done.accepted:
                    copy.write(good_lines(done, submission_id))
                    _widen(counts, done, known.business_date)
                if done.issues:
                    issues = pl.concat(done.issues)
                    spool.write(rows(issues, submission_id))
                    garbled += int((issues["code"] == "E_ENCODING").sum())
                counts.add(done)
        if garbled > max(counts.read, 1) / 2:
            raise Fatal("F_UNREADABLE", f"{garbled:,} of {counts.read:,} lines are not text in "
                        f"{recognised.shape.encoding}")  # fmt: skip
        check_total(checker)
        if spool.tell():
            spool.seek(0)
            copy_issues(connection, iter(lambda: spool.read(1024 * 1024), b""))
    return counts


def _widen(counts: Counts, done: Checked, day: str | None) -> None:
    if day is None:
        return
    days = done.values[day] if done.wrong is None else done.values[day].filter(~done.wrong)
    first, last = str(days.min()), str(days.max())
    counts.first_day = min(counts.first_day or first, first)
    counts.last_day = max(counts.last_day or last, last)


def check_total(checker: Checker) -> None:
    """Compare the total line with the sum of the lines; Fatal with F_CONTROL_TOTAL if they differ."""
    name, totals = checker.shape.control_total, checker.totals
    if name is None:
        return
    if totals.stated is None:  # before all else: a file that was cut off has none
        raise Fatal("F_CONTROL_TOTAL", f"no total line for {name}; one was agreed")
    if totals.unreadable:
        return
    counted = totals.counted / 1000
    if abs(counted - totals.stated) > 0.0005:
        raise Fatal(
            "F_CONTROL_TOTAL",
            f"the total line says {totals.stated:,.10g}, the lines add up to {counted:,.10g}",
        )


@cache
def copy_statement(schema: str, table: str, columns: tuple[str, ...]) -> bytes:
    """COPY of a table's columns in text format, empty for null."""
    statement = sql.SQL("copy {} ({}) from stdin (format text, null '')")
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return statement.format(sql.Identifier(schema, table), names).as_bytes()


def copy_issues(connection: psycopg.Connection[Any], texts: Iterable[bytes]) -> None:
    """Write issues, as `rows` made them of ISSUE_COLUMNS, into the quarantine."""
    statement = copy_statement("quarantine", "issue", ("submission_id", *ISSUE_COLUMNS))
    with connection.cursor().copy(statement) as copy:
        for text in texts:
            copy.write(text)


def good_lines(done: Checked, submission: int | pl.Series) -> bytes:
    """The good lines in COPY's text format; their text is there already unless it must be escaped.

    `submission`: of all of them, or of each.
    """
    data = _write(done.only_good(done.lines), submission)
    if _needs_escapes(data, done.accepted, done.lines.width + done.values.width - 1):
        return rows(done.good, submission)
    return data


def rows(frame: pl.DataFrame, submission: int | pl.Series) -> bytes:
    """COPY's text format of a frame; escaped only where there is something to escape."""
    data = _write(frame, submission)
    if _needs_escapes(data, frame.height, frame.width):
        text = pl.col(pl.String)
        for plain, escaped in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
            text = text.str.replace_all(plain, escaped, literal=True)
        data = _write(frame.with_columns(text), submission)
    return data


def _needs_escapes(data: bytes, height: int, width: int) -> bool:
    """Whether a value holds a backslash, a tab or a line break; `width` tabs go before its columns."""
    octets = np.frombuffer(data, dtype=np.uint8)
    tabs = np.count_nonzero(octets == ord("\t"))
    return (
        tabs != height * width
        or b"\\" in data
        or np.count_nonzero(octets == ord("\n")) != height
        or b"\r" in data
    )


def _write(frame: pl.DataFrame, submission: int | pl.Series) -> bytes:
    out, first = io.BytesIO(), submission
    if isinstance(first, int):
        first = pl.Series("submission_id", [first]).new_from_index(0, frame.height)
    pl.DataFrame([first, *frame]).write_csv(
        out, include_header=False, separator="\t", quote_style="never", null_value=""
    )
    return out.getvalue()
