"""The ledger: one row in ctl.submission for each reading of each file."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import psycopg
from psycopg import sql

from chip_channel.contracts import contract
from chip_channel.intake.feed import Recognised, feed_version
from chip_channel.settings import settings


@dataclass(frozen=True)
class Job:
    """One reading of one stored file."""

    dealer_id: str
    file_name: str
    source: str
    sha256: str
    byte_size: int
    received_at: str | None = None
    """ISO instant; None: now, by the database's clock."""
    reported_at: str | None = None
    attempt: int = 1
    replaces: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def ledger_row(job: Job, recognised: Recognised | None, **more: Any) -> dict[str, Any]:
    """The columns of ctl.submission that are known before a line is read."""
    row: dict[str, Any] = {
        "dealer_id": job.dealer_id, "report": "unknown", "attempt": job.attempt,
        "file_name": job.file_name, "source": job.source, "sha256": job.sha256,
        "byte_size": job.byte_size, "replaces": job.replaces,
        "received_at": job.received_at or datetime.now(UTC),
    }  # fmt: skip
    row["reported_at"] = job.reported_at or row["received_at"]
    feed_file = settings().feeds / job.dealer_id / "feed.yml"
    row["feed_version"] = feed_version(feed_file) if feed_file.exists() else None
    if recognised is not None:
        shape = recognised.shape
        row |= {
            "report": recognised.report, "mode": recognised.mode,
            "period_start": recognised.period_start, "period_end": recognised.period_end,
            "as_of": recognised.period_end, "time_zone": recognised.feed.time_zone,
            "currency": shape.currency, "tax_basis": shape.tax_basis, "uom": shape.uom,
            "tax_rate": None if shape.tax_rate is None else str(shape.tax_rate),
            "contract_version": contract(recognised.report).version,
        }  # fmt: skip
    return row | more


def insert_ledger(connection: psycopg.Connection[Any], row: dict[str, Any]) -> int | None:
    """Write a ledger row; None when this reading of these bytes is there already."""
    clocked = frozenset(  # the database's clock, unless a moment was given
        name for name in ("received_at", "reported_at") if isinstance(row[name], datetime)
    )
    found = connection.execute(_insert(tuple(row), clocked), row).fetchone()
    return int(found[0]) if found else None


@cache
def _insert(columns: tuple[str, ...], clocked: frozenset[str]) -> bytes:
    values = [sql.SQL("clock_timestamp()") if c in clocked else sql.Placeholder(c) for c in columns]
    statement = sql.SQL(
        "insert into ctl.submission ({}) values ({}) on conflict do nothing returning submission_id"
    ).format(sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join(values))
    return statement.as_bytes()
