"""Explanation: from a statement's amount to band, rate and rule, and to the lines of the dealer's files."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from chip_channel.intake.again import line_as_sent
from chip_channel.intake.feed import FeedError, feed_of
from chip_channel.intake.store import stored_path
from chip_channel.settlement.propose import SettlementError
from chip_channel.warehouse import connect


@dataclass(frozen=True)
class Explanation:
    """A statement, its rule and its lines, as rows of what readers see."""

    statement: dict[str, Any]
    rule: dict[str, Any]
    bands: list[dict[str, Any]]
    lines: list[dict[str, Any]]
    causes: list[dict[str, Any]]


@dataclass(frozen=True)
class SourceLine:
    """Where a line came from: the dealer's own file, and the row in it."""

    file_name: str
    sha256: str
    row_no: int
    reported: dict[str, Any]
    """The line as raw holds it."""
    as_sent: str | None
    """The line of the kept file; None where the file or its feed is gone."""


def explain(statement_id: str) -> Explanation:
    """Everything that leads to the amount of a published statement.

    Raises SettlementError when there is no such statement, with those of the same dealer.
    """
    with connect("poster", row_factory=dict_row) as connection:
        statement = _one(
            connection,
            "select * from publish.mart_rebate_statement where statement_id = %s",
            statement_id,
        )
        if statement is None:
            near = connection.execute(
                "select statement_id from publish.mart_rebate_statement "
                "where statement_id like %s order by 1",
                (statement_id.split("/", maxsplit=1)[0] + "/%",),
            ).fetchall()
            known = ", ".join(r["statement_id"] for r in near[:10]) or "none of that dealer"
            raise SettlementError(f"no statement {statement_id!r} is published; there are: {known}")
        key = (statement["programme"], statement["rule_version"])
        rule = connection.execute(
            "select * from rebate.programme where simulation = 0 and programme = %s and version = %s",
            key,
        ).fetchone()
        assert rule is not None  # noqa: S101 - a statement follows a rule
        return Explanation(
            statement, rule,
            connection.execute(
                "select * from rebate.band where simulation = 0 and programme = %s and version = %s "
                "order by band_no", key,
            ).fetchall(),
            connection.execute(
                "select l.*, p.mpn from publish.fct_rebate_line l left join publish.dim_product p "
                "on p.product_id = l.product_id and p.is_current where l.statement_id = %s "
                "order by l.business_date, l.document_no, l.line_no, l.submission_id, l.row_no",
                (statement_id,),
            ).fetchall(),
            connection.execute(
                "select cause, amount from publish.mart_rebate_true_up "
                "where statement_id = %s order by cause",
                (statement_id,),
            ).fetchall(),
        )  # fmt: skip


def source_line(line: dict[str, Any]) -> SourceLine:
    """The line of the dealer's file behind a line of a statement."""
    with connect("poster", row_factory=dict_row) as connection:
        submission = connection.execute(
            "select dealer_id, report, file_name, sha256 from ctl.submission where submission_id = %s",
            (line["submission_id"],),
        ).fetchone()
        assert submission is not None  # noqa: S101 - every line has one
        reported = connection.execute(
            f"select * from raw.{submission['report']} where submission_id = %s and row_no = %s",  # type: ignore[arg-type] # noqa: S608
            (line["submission_id"], line["row_no"]),
        ).fetchone()
    return SourceLine(
        submission["file_name"], submission["sha256"], line["row_no"], reported or {},
        _as_sent(submission, line["row_no"]),
    )  # fmt: skip


def _as_sent(submission: dict[str, Any], row_no: int) -> str | None:
    path = stored_path(submission["sha256"])
    try:
        feed = feed_of(submission["dealer_id"])
    except FeedError:
        return None
    shape = feed.reports.get(submission["report"]) if feed else None
    return line_as_sent(path, shape, row_no) if shape and path.exists() else None


def _one(connection: psycopg.Connection[Any], query: str, value: str) -> dict[str, Any] | None:
    found = connection.execute(query, (value,)).fetchone()  # type: ignore[call-overload]
    return dict(found) if found else None
