"""A small warehouse to build in: submissions by hand, batches, dbt, pointers."""

import datetime as dt
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "dbt_project"
TRANSACTIONS = ("pos", "stock", "sell_in")
DEFAULT = {"currency": "CNY", "tax_basis": "excl", "tax_rate": None, "uom": "pcs"}


class World:
    """One database with control and raw tables, and the dbt project that builds in it."""

    def __init__(self, url: str, target: Path) -> None:
        self.target = target
        self.dsn = url
        self.db = psycopg.connect(url, autocommit=True)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.db.execute(query, values).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        return self.rows(query, *values)[0][0]

    def submit(
        self,
        dealer: str,
        report: str,
        lines: Sequence[dict[str, Any]],
        *,
        reported_at: str,
        received_at: str | None = None,
        period: tuple[str, str] | None = None,
        mode: str = "full",
        replaces: int | None = None,
        **envelope: Any,
    ) -> int:
        """A file, loaded and past gate 1, waiting for a batch."""
        settings = DEFAULT | envelope
        start, end = period or (None, None)
        content = repr((dealer, report, lines, reported_at)).encode()
        submission = self.one(
            "insert into ctl.submission (dealer_id, report, file_name, source, sha256, byte_size, status, mode,"
            " period_start, period_end, time_zone, currency, tax_basis, tax_rate, uom, reported_at, received_at,"
            " lines_read, lines_accepted, replaces, attempt)"
            " values (%s, %s, 'f', 't', %s, 1, 'accepted', %s, %s, %s, 'Asia/Shanghai', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " returning submission_id",
            dealer, report, hashlib.sha256(content).hexdigest(), mode, start, end,
            settings["currency"], settings["tax_basis"], settings["tax_rate"], settings["uom"],
            reported_at, received_at or reported_at, len(lines), len(lines), replaces, 1 if replaces is None else 2,
        )  # fmt: skip
        for number, line in enumerate(lines, start=2):
            values = {
                "submission_id": submission,
                "row_no": number,
                "line_hash": _hash(line),
            } | line
            self.db.execute(
                sql.SQL("insert into raw.{} ({}) values ({})").format(
                    sql.Identifier(report),
                    sql.SQL(", ").join(map(sql.Identifier, values)),
                    sql.SQL(", ").join(sql.Placeholder() * len(values)),
                ),
                list(values.values()),
            )
        self.db.execute(
            "insert into ctl.verdict (submission_id, verdict, decided_by) values (%s, 'passed', 'test')",
            [submission],
        )
        return submission

    def open_batch(self, known_at: str, kind: str = "publication") -> int:
        """Take up what waits; note the months that it touches."""
        batch = self.one(
            "insert into ctl.batch (known_at, kind) values (%s, %s) returning batch_id",
            known_at,
            kind,
        )
        if kind == "publication":
            self.db.execute("update ctl.verdict set batch_id = %s where batch_id is null", [batch])
        self.db.execute(
            "insert into ctl.batch_slice (batch_id, slice)"
            " select distinct %(batch)s::bigint, month::date from ("
            "  select s.period_start, s.period_end from ctl.submission s join ctl.verdict v using (submission_id)"
            "  where v.batch_id = %(batch)s and s.report not in ('product', 'dealer')"
            "  union all"
            "  select min(a.period_start), max(a.period_end) from ctl.submission a where a.report = any(%(reports)s)"
            "  and exists (select from ctl.submission s join ctl.verdict v using (submission_id)"
            "   where v.batch_id = %(batch)s and s.report in ('product', 'dealer'))"
            " ) p, generate_series(date_trunc('month', p.period_start), p.period_end, interval '1 month') month",
            {"batch": batch, "reports": list(TRANSACTIONS)},
        )
        return batch

    def dbt(self, *args: str) -> dict[str, str]:
        """Run dbt; the status of every node. Fails when a node does."""
        from dbt.cli.main import dbtRunner

        with _environment(self.dsn):
            result = dbtRunner().invoke(
                [*args, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
                 "--target-path", str(self.target), "--log-path", str(self.target), "--quiet"]
            )  # fmt: skip
        if result.exception:
            raise result.exception
        statuses = {r.node.name: str(r.status) for r in result.result or ()}
        broken = {
            name: status
            for name, status in statuses.items()
            if status in ("error", "fail", "skipped")
        }
        assert result.success, broken
        return statuses

    def deploy(self) -> None:
        self.dbt("build", "--selector", "deploy")

    def build(self, batch: int) -> dict[str, str]:
        known_at = self.one(
            "select to_char(known_at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS+00') from ctl.batch where batch_id = %s",
            batch,
        )
        return self.dbt(
            "build",
            "--selector",
            "batch",
            "--vars",
            f"{{batch_id: {batch}, known_at: '{known_at}'}}",
        )

    def publish(self, batch: int) -> None:
        self.db.execute(
            "insert into ctl.published_slice (mart, slice, batch_id)"
            " select mart, slice, batch_id from ctl.slice_version where batch_id = %s"
            " on conflict (mart, slice) do update set batch_id = excluded.batch_id, published_at = now()",
            [batch],
        )

    def run(self, known_at: str) -> int:
        """A whole batch, published."""
        batch = self.open_batch(known_at)
        self.build(batch)
        self.publish(batch)
        return batch


def _hash(line: dict[str, Any]) -> int:
    digest = hashlib.sha256(repr(sorted(line.items())).encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


@contextmanager
def _environment(dsn: str) -> Iterator[None]:
    parts = conninfo_to_dict(dsn)
    wanted = {
        "CHIP_CHANNEL_DB_HOST": parts["host"],
        "CHIP_CHANNEL_DB_PORT": parts["port"],
        "CHIP_CHANNEL_DB_NAME": parts["dbname"],
        "CHIP_CHANNEL_DB_USER": parts["user"],
        "CHIP_CHANNEL_DB_PASSWORD": parts.get("password", ""),
        "DO_NOT_TRACK": "1",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update({name: str(value) for name, value in wanted.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
