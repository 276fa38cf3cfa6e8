"""A batch: the new submissions, and the months of the marts that they touch."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg import sql

from chip_channel.contracts import contract
from chip_channel.warehouse import connect

MASTER_DATA = ("product", "dealer")
"""Reports that may change the meaning of lines in any month."""
EVERY = "*"
"""In place of a report: a month to be built again of every mart."""


@dataclass(frozen=True)
class Batch:
    """What is to be built."""

    batch_id: int
    known_at: datetime
    submissions: int
    months: tuple[date, ...]
    reports: frozenset[str] = frozenset({EVERY})
    """Those whose lines changed; EVERY where more may have."""


def open_batch(known_at: datetime | None = None, months: tuple[date, ...] = ()) -> Batch | None:
    """Take up every judged submission that no published batch holds yet.

    With `known_at` the batch recomputes a past state, whole, and can never be published; with
    `months` those months are built again even where nothing is new. None when there is nothing
    to build.
    """
    with connect("transform") as connection:
        if not _enough_to_show(connection):
            return None
        # one at a time, and a batch that never got published gives its submissions back
        connection.execute("select pg_advisory_xact_lock(hashtext('chip_channel.open_batch'))")
        kind = "publication" if known_at is None else "as_known"
        found = connection.execute(
            "insert into ctl.batch (known_at, kind) values (coalesce(%s, clock_timestamp()), %s) "
            "returning batch_id, known_at",
            (known_at, kind),
        ).fetchone()
        assert found is not None  # noqa: S101 - an insert returns its row
        batch_id, moment = found
        if kind == "as_known":
            return Batch(batch_id, moment, 0, ())
        connection.execute(
            "update ctl.batch set status = 'abandoned', finished_at = now(), "
            "reason = 'a newer batch took up its submissions' "
            "where status in ('open', 'built') and kind = 'publication' and batch_id < %s",
            (batch_id,),
        )
        taken = [
            row[0]
            for row in connection.execute(
                "update ctl.verdict v set batch_id = %(batch)s where v.batch_id is null or "
                "exists (select 1 from ctl.batch b where b.batch_id = v.batch_id "
                "and b.status in ('abandoned', 'blocked')) returning v.submission_id",
                {"batch": batch_id},
            )
        ]
        everywhere = {*_take_up_policies(connection, batch_id), *months}
        touched = {*_touched(connection, taken), *((month, EVERY) for month in everywhere)}
        if not _take_up_programmes(connection, batch_id) and not touched:
            connection.rollback()
            return None
        connection.cursor().executemany(
            "insert into ctl.batch_slice (batch_id, slice, report) values (%s, %s, %s)",
            [(batch_id, *part) for part in touched],
        )
        return Batch(
            batch_id, moment, len(taken), tuple(sorted({month for month, _ in touched})),
            frozenset(report for _, report in touched),
        )  # fmt: skip


def _take_up_programmes(connection: psycopg.Connection[Any], batch_id: int) -> int:
    """Claim the released programme versions that no published batch has built; how many."""
    return connection.execute(
        "insert into rebate.taken_up as t (programme, version, batch_id) "
        "select programme, version, %s from rebate.programme where simulation = 0 "
        "on conflict (programme, version) do update set batch_id = excluded.batch_id "
        "where exists (select 1 from ctl.batch b where b.batch_id = t.batch_id "
        "and b.status in ('abandoned', 'blocked'))",
        (batch_id,),
    ).rowcount


def _take_up_policies(connection: psycopg.Connection[Any], batch_id: int) -> set[date]:
    """Claim the released policy versions that no published batch has built; months they change."""
    claimed = [
        row[0]
        for row in connection.execute(
            "update policy.version v set batch_id = %s where batch_id is null or exists (select 1 "
            "from ctl.batch b where b.batch_id = v.batch_id and b.status in ('abandoned', 'blocked')) "
            "returning date_trunc('month', valid_from)::date",
            (batch_id,),
        )
    ]
    return {m for m in _all_months(connection) if m >= min(claimed)} if claimed else set()


def open_planning_batch() -> Batch | None:
    """A batch for forecasts and proposals on what is published now; None when nothing is."""
    with connect("transform") as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('chip_channel.open_batch'))")
        if not _one(connection, "select exists (select 1 from ctl.publication)"):
            return None
        connection.execute(
            "update ctl.batch set status = 'abandoned', finished_at = now(), "
            "reason = 'a newer batch plans instead' "
            "where status in ('open', 'built') and kind = 'planning'"
        )
        found = connection.execute(
            "insert into ctl.batch (known_at, kind) values (clock_timestamp(), 'planning') "
            "returning batch_id, known_at"
        ).fetchone()
        assert found is not None  # noqa: S101 - an insert returns its row
        return Batch(found[0], found[1], 0, ())


def open_what_if(first: date, last: date) -> Batch:
    """A batch for changed rebate rules on what is published, from month to month.

    Raises LookupError when nothing is published.
    """
    with connect("transform") as connection:
        if not _one(connection, "select exists (select 1 from ctl.publication)"):
            raise LookupError("nothing is published yet: there is no history to try rules on")
        found = connection.execute(
            "insert into ctl.batch (known_at, kind) values (clock_timestamp(), 'what_if') "
            "returning batch_id, known_at"
        ).fetchone()
        assert found is not None  # noqa: S101 - an insert returns its row
        months = [
            row[0]
            for row in connection.execute(
                "insert into ctl.batch_slice (batch_id, slice) select %s, m::date from "
                "generate_series(%s::date, %s::date, interval '1 month') as m returning slice",
                (found[0], first, last),
            )
        ]
        return Batch(found[0], found[1], 0, tuple(months))


def _one(connection: psycopg.Connection[Any], query: str) -> Any:
    found = connection.execute(query).fetchone()  # type: ignore[call-overload]
    return found[0] if found else None


def _enough_to_show(connection: psycopg.Connection[Any]) -> bool:
    """Dealers have reported, and the masters are there: without them every line would be held."""
    return bool(
        _one(
            connection,
            "select count(distinct case when report in ('product', 'dealer') then report end) = 2 "
            "and count(case when report in ('pos', 'stock') then 1 end) > 0 "
            "from ctl.submission s where status = 'accepted' and exists (select 1 from ctl.verdict v "
            "where v.submission_id = s.submission_id and v.verdict in ('passed', 'warned'))",
        )
    )


def _touched(connection: psycopg.Connection[Any], submissions: list[int]) -> set[tuple[date, str]]:
    """Months whose lines may be other than before, by report.

    Of EVERY report when masters came, and for months later than any that was built: what is
    overdue then changes without a report of its own.
    """
    reports = connection.execute(
        "select report, array_agg(submission_id) from ctl.submission "
        "where submission_id = any(%s) and status = 'accepted' group by report",
        (submissions,),
    ).fetchall()
    known = _all_months(connection)
    if any(report in MASTER_DATA for report, _ in reports):
        return {(month, EVERY) for month in known}
    touched = {
        (month, report)
        for report, ids in reports
        for month in _touched_by(connection, report, ids) & known
    }
    built = _one(
        connection,
        "select max(slice) from ctl.batch_slice join ctl.batch using (batch_id) "
        "where kind = 'publication' and status = 'published'",
    )
    return touched | {(month, EVERY) for month, _ in touched if built is None or month > built}


def _touched_by(connection: psycopg.Connection[Any], report: str, ids: list[int]) -> set[date]:
    """Months of the periods of one report's submissions, and of their lines."""
    touched = _column(
        connection,
        sql.SQL(
            "select distinct generate_series(date_trunc('month', period_start), period_end, "
            "interval '1 month')::date from ctl.submission where submission_id = any(%s)"
        ),
        ids,
    )
    known = contract(report)
    if known.validity:
        touched |= _column(
            connection,
            sql.SQL(
                "select distinct generate_series(date_trunc('month', {}), least({}, now()::date), "
                "interval '1 month')::date from {} where submission_id = any(%s)"
            ).format(*map(sql.Identifier, known.validity), sql.Identifier("raw", report)),
            ids,
        )
    day = known.business_date
    if day:
        touched |= _column(
            connection,
            sql.SQL(
                "select distinct date_trunc('month', {})::date from {} where submission_id = any(%s)"
            ).format(sql.Identifier(day), sql.Identifier("raw", report)),
            ids,
        )
        touched |= _left_by_a_correction(connection, report, day, ids)
    return touched


def _left_by_a_correction(
    connection: psycopg.Connection[Any], report: str, day: str, ids: list[int]
) -> set[date]:
    """Months of older lines that a delta replaces by key: a corrected date leaves its old month."""
    known = contract(report)
    if day in known.key:
        return set()
    same_key = sql.SQL(" and ").join(
        sql.SQL("old.{0} is not distinct from new.{0}").format(sql.Identifier(k))
        if not known.by_name[k].required
        else sql.SQL("old.{0} = new.{0}").format(sql.Identifier(k))
        for k in known.key
    )
    return _column(
        connection,
        sql.SQL(
            "with delta as (select submission_id, dealer_id from ctl.submission "
            "where submission_id = any(%s) and mode = 'delta'), "
            "earlier as (select array_agg(s.submission_id) as ids from ctl.submission s "
            "where s.report = {report} and s.status = 'accepted' "
            "and s.dealer_id in (select dealer_id from delta)) "
            "select distinct date_trunc('month', old.{day})::date from {raw} new "
            "join delta d on d.submission_id = new.submission_id join {raw} old on {same_key} "
            "where old.submission_id = any((select ids from earlier)::bigint[])"
        ).format(
            report=sql.Literal(report), day=sql.Identifier(day), same_key=same_key,
            raw=sql.Identifier("raw", report),
        ),
        ids,
    )  # fmt: skip


def _all_months(connection: psycopg.Connection[Any]) -> set[date]:
    """Every month from the first to the last that any dealer has reported on."""
    return _column(
        connection,
        sql.SQL(
            "select generate_series(date_trunc('month', min(period_start)), max(period_end), "
            "interval '1 month')::date from ctl.submission "
            "where status = 'accepted' and report in ('pos', 'stock', 'sell_in')"
        ),
        None,
    )


def _column(
    connection: psycopg.Connection[Any], query: sql.SQL | sql.Composed, ids: list[int] | None
) -> set[date]:
    rows = connection.execute(query, None if ids is None else (ids,)).fetchall()
    return {row[0] for row in rows if row[0] is not None}


def finish(batch_id: int, status: str, reason: str | None = None) -> None:
    """Set what became of a batch: built, blocked."""
    with connect("transform") as connection:
        connection.execute(
            "update ctl.batch set status = %s, reason = %s, finished_at = now() "
            "where batch_id = %s and status in ('open', 'built')",
            (status, reason, batch_id),
        )


def newest_built() -> int:
    """The newest batch that waits to be published.

    Raises LookupError when there is none.
    """
    with connect("publisher") as connection:
        found = connection.execute(
            "select max(batch_id) from ctl.batch where kind = 'publication' "
            "and status in ('built', 'published')"
        ).fetchone()
    if not found or found[0] is None:
        raise LookupError("no batch is built; run build_channel_marts first")
    return int(found[0])
