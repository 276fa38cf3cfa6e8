"""Publishing: one transaction moves the pointers, writes the audit row and the alerts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Json

from chip_channel.publish.outbox import alerts_to_outbox
from chip_channel.settings import settings
from chip_channel.warehouse import connect

GATES = {"publication": {"marts", "publish"}, "planning": {"publish"}}
"""Gates that a batch must have passed, by its kind."""


class NotPublishableError(RuntimeError):
    """The batch may not be published; the message says why and what to do."""


class SupersededError(NotPublishableError):
    """A newer batch has taken up what this one held; nothing is lost by leaving it."""


@dataclass(frozen=True)
class Publication:
    """What readers see from now on."""

    publication_id: int
    batch_id: int
    published_at: datetime
    slices: dict[str, int]
    """Slices moved, by mart."""


def publish(batch_id: int) -> Publication:
    """Show a batch to readers: all its slices at once, or none.

    Publishing again changes nothing. Raises NotPublishableError when a gate is missing or
    blocked, SupersededError when a newer batch holds its submissions.
    """
    with connect("publisher") as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('chip_channel.publish'))")
        again = _publication(connection, batch_id)
        if again:
            return again
        _must_be_publishable(connection, batch_id)
        moved = connection.execute(
            "insert into ctl.published_slice as p (mart, slice, batch_id, published_at) "
            "select mart, slice, batch_id, now() from ctl.slice_version where batch_id = %s "
            "on conflict (mart, slice) do update set batch_id = excluded.batch_id, "
            "published_at = excluded.published_at returning p.mart",
            (batch_id,),
        ).fetchall()
        # readers' plans follow it from the first query on, not from the next autovacuum
        connection.execute("select ctl.analyze_published_slice()")
        slices: dict[str, int] = {}
        for (mart,) in moved:
            slices[mart] = slices.get(mart, 0) + 1
        connection.execute(
            "insert into ctl.publication (batch_id, slices) values (%s, %s)",
            (batch_id, Json(slices)),
        )
        connection.execute(
            "update ctl.batch set status = 'published', finished_at = now() where batch_id = %s",
            (batch_id,),
        )
        connection.execute(
            "insert into ctl.outbox (dedup_key, kind, severity, subject, body) "
            "values (%s, 'published', 'info', %s, %s) on conflict do nothing",
            (f"published:{batch_id}", f"Batch {batch_id} published", Json({"slices": slices})),
        )
        alerts_to_outbox(connection, batch_id)
        publication = _publication(connection, batch_id)
    assert publication is not None  # noqa: S101 - written above
    return publication


def _publication(connection: psycopg.Connection[Any], batch_id: int) -> Publication | None:
    found = connection.execute(
        "select publication_id, batch_id, published_at, slices from ctl.publication "
        "where batch_id = %s",
        (batch_id,),
    ).fetchone()
    return Publication(*found) if found else None


def _must_be_publishable(connection: psycopg.Connection[Any], batch_id: int) -> None:
    found = connection.execute(
        "select kind, status, reason, (select max(p.batch_id) from ctl.publication p "
        "join ctl.batch o using (batch_id) where o.kind = b.kind), "
        "(select array_agg(distinct gate) from ctl.gate_run g where g.batch_id = b.batch_id), "
        "(select string_agg(distinct dataset, ', ') from ctl.gate_run g where g.batch_id = "
        "b.batch_id and g.outcome = 'blocked') from ctl.batch b where batch_id = %s",
        (batch_id,),
    ).fetchone()
    if found is None:
        raise NotPublishableError(f"there is no batch {batch_id}")
    kind, status, reason, newest, gates, blocked = found
    if kind not in GATES:
        raise NotPublishableError(
            f"batch {batch_id} is {kind.replace('_', ' ')}: it is for reading, never published"
        )
    if newest is not None and newest > batch_id:
        raise SupersededError(f"batch {newest} is published, and newer than {batch_id}")
    if status == "abandoned":
        raise SupersededError(f"batch {batch_id} is abandoned: {reason}")
    if blocked:
        raise NotPublishableError(f"a gate blocked batch {batch_id}: {blocked}")
    if status != "built":
        raise NotPublishableError(f"batch {batch_id} is {status}: {reason or 'build it first'}")
    missing = GATES[kind] - set(gates or [])
    if missing:
        raise NotPublishableError(f"batch {batch_id} has not passed: {', '.join(sorted(missing))}")


def drop_old_versions() -> dict[str, int]:
    """Remove versions of slices beyond those that are kept; rows dropped by mart.

    A published version is never dropped, nor one of a batch that may still be published, nor
    one whose numbers were settled.
    """
    dropped: dict[str, int] = {}
    with connect("publisher") as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('chip_channel.publish'))")
        old = connection.execute(
            "select mart, array_agg(batch_id), array_agg(slice) from ("
            " select v.mart, v.slice, v.batch_id, b.status, b.kind, b.opened_at, row_number() over "
            "  (partition by v.mart, v.slice, b.status = 'published' order by v.batch_id desc) as age"
            " from ctl.slice_version v join ctl.batch b using (batch_id)) ranked "
            "where not exists (select 1 from ctl.published_slice p where p.mart = ranked.mart "
            " and p.slice = ranked.slice and p.batch_id = ranked.batch_id) "
            "and not exists (select 1 from rebate.settlement t where t.period_start = ranked.slice "
            " and ranked.mart like '%%rebate%%' and ranked.batch_id = (select max(s.batch_id) "
            " from ctl.slice_version s join ctl.batch o using (batch_id) where s.mart = ranked.mart "
            " and s.slice = ranked.slice and s.batch_id <= t.batch_id and o.status = 'published')) "
            "and (status = 'published' and age > %s or status in ('abandoned', 'blocked') "
            " or kind in ('as_known', 'what_if') and opened_at < now() - interval '7 days') "
            "group by mart",
            (settings().keep_versions,),
        ).fetchall()
        for mart, batches, slices in old:
            gone = connection.execute(
                sql.SQL(
                    "delete from {} t using unnest(%s::bigint[], %s::date[]) as o (batch_id, slice)"
                    " where t.batch_id = o.batch_id and t.slice = o.slice"
                ).format(sql.Identifier("marts", mart)),
                (batches, slices),
            )
            connection.execute(
                "delete from ctl.slice_version v using unnest(%s::bigint[], %s::date[]) as "
                "o (batch_id, slice) where v.mart = %s and v.batch_id = o.batch_id "
                "and v.slice = o.slice",
                (batches, slices, mart),
            )
            dropped[mart] = gone.rowcount
    return dropped
