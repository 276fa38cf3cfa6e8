"""Small files of one report and period, read and loaded as one: most of their cost is per file.

Only while nothing about any of them is out of the ordinary; else each is read by itself, as always.
A line's number carries its file's above `LINES`, so that checks need not know of several files.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import numpy as np
import polars as pl
import psycopg

from chip_channel.contracts import contract
from chip_channel.intake.block import Block, Refused
from chip_channel.intake.check import Checked, Checker
from chip_channel.intake.codes import Fatal
from chip_channel.intake.feed import Recognised, recognise
from chip_channel.intake.ledger import Job, insert_ledger, ledger_row
from chip_channel.intake.load import (
    Counts,
    Loaded,
    blocks,
    copy_issues,
    copy_statement,
    good_lines,
    record,
    rows,
)
from chip_channel.intake.store import stored_path

LINES = 2**40
"""More than a file has lines."""


class _AloneError(Exception):
    """Something is out of the ordinary."""


def load_together(connection: psycopg.Connection[Any], jobs: list[Job]) -> list[Loaded] | None:
    """Load all files in one transaction; None when each must be loaded by itself.

    Raises psycopg's OperationalError when the database is gone.
    """
    try:
        with connection.transaction():
            return _load(connection, jobs)
    except (Fatal, _AloneError):
        return None


def _load(connection: psycopg.Connection[Any], jobs: list[Job]) -> list[Loaded]:
    recognised = _recognised(jobs)
    known = contract(recognised.report)
    ids = [
        insert_ledger(connection, ledger_row(job, recognised, status="accepted")) for job in jobs
    ]
    if None in ids:  # the ledger has one of them
        raise _AloneError
    checker = Checker(recognised, known)
    done = checker.check(_merged([_only_block(recognised, job) for job in jobs]))
    issues = pl.concat(done.issues) if done.issues else None
    if not done.accepted or (issues is not None and (issues["code"] == "E_ENCODING").any()):
        raise _AloneError
    submissions = pl.Series("submission_id", ids, dtype=pl.Int64)
    of = done.lines["row_no"] // LINES
    done.lines = done.lines.with_columns(pl.col("row_no") % LINES)
    good = of if done.wrong is None else of.filter(~done.wrong)
    columns = ("submission_id", "row_no", "line_hash", *(c.name for c in checker.columns))
    with connection.cursor().copy(copy_statement("raw", known.name, columns)) as copy:
        copy.write(good_lines(done, submissions.gather(good)))
    counts = [Counts(accepted=n) for n in np.bincount(good, minlength=len(jobs)).tolist()]
    if issues is not None:
        where = issues["row_no"] // LINES
        issues = issues.with_columns(pl.col("row_no") % LINES)
        copy_issues(connection, [rows(issues, submissions.gather(where))])
        _count_issues(counts, issues.with_columns(where.alias("of")))
    _widen(counts, done, good, known.business_date)
    for submission_id, count in zip(submissions.to_list(), counts, strict=True):
        count.read = count.accepted + count.quarantined + count.skipped_total
        record(connection, submission_id, count)
    return [Loaded("accepted", submission_id, recognised.report, count)
            for submission_id, count in zip(submissions.to_list(), counts, strict=True)]  # fmt: skip


def _recognised(jobs: list[Job]) -> Recognised:
    today = datetime.now(UTC).date()
    found = [recognise(job.dealer_id, job.file_name, today) for job in jobs]
    first = found[0]
    alike = all(first.alike(other) for other in found)
    # a total is of one file, and so is a line's number as a value
    if not alike or first.shape.control_total or any(s.row for s in first.shape.columns.values()):
        raise _AloneError
    return first


def _only_block(recognised: Recognised, job: Job) -> Block:
    found = list(islice(blocks(recognised, stored_path(job.sha256)), 2))
    if len(found) != 1:
        raise _AloneError
    return found[0]


def _merged(parts: list[Block]) -> Block:
    refused = Refused()
    for i, part in enumerate(parts):
        refused.row_no += [number + i * LINES for number in part.refused.row_no]
        refused.code += part.refused.code
        refused.text += part.refused.text
        refused.expected += part.refused.expected
    row_no = pl.concat([part.row_no + i * LINES for i, part in enumerate(parts)])
    return Block(
        pl.concat([part.frame for part in parts]), row_no, _as_sent(parts), refused,
        all(part.tidy for part in parts), all(part.settled for part in parts),
        (row_no // LINES).cast(pl.UInt64),
    )  # fmt: skip


def _as_sent(parts: list[Block]) -> Callable[[Sequence[int]], list[str]]:
    starts = np.cumsum([0, *(part.frame.height for part in parts)])

    def pick(positions: Sequence[int]) -> list[str]:
        """Of positions that rise."""
        cuts = np.searchsorted(positions, starts)
        return [
            line
            for part, start, at, to in zip(parts, starts, cuts, cuts[1:], strict=False)
            for line in part.as_sent([p - start for p in positions[at:to]])
        ]

    return pick


def _count_issues(counts: list[Counts], issues: pl.DataFrame) -> None:
    """Lines refused or warned of, and lines skipped by code; `issues` with `of`, the file's place."""
    lines = issues.group_by("of", "severity").agg(pl.col("row_no").n_unique())
    for i, severity, n in lines.iter_rows():
        if severity == "error":
            counts[i].quarantined = n
        elif severity == "warn":
            counts[i].warned = n
    skipped = issues.filter(pl.col("severity") == "skip").group_by("of", "code").len()
    for i, code, n in skipped.iter_rows():
        counts[i].skipped[code] = n


def _widen(counts: list[Counts], done: Checked, good: pl.Series, day: str | None) -> None:
    if day is None:
        return
    days = pl.DataFrame({"of": good, "day": done.only_good(done.values.select(day)).to_series()})
    spans = days.group_by("of").agg(pl.min("day").alias("first"), pl.max("day").alias("last"))
    for i, first, last in spans.iter_rows():
        counts[i].first_day, counts[i].last_day = str(first), str(last)
