"""The outbox: alerts are rows, written with their cause and sent from here, once each."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import chinese_calendar
import psycopg
from psycopg.types.json import Json

from chip_channel.intake.feed import feeds
from chip_channel.settings import settings
from chip_channel.warehouse import connect

DUE_WORKING_DAY = 5
"""A month's reports are due on this working day of the next month (Chinese calendar)."""


def raise_alert(key: str, kind: str, severity: str, subject: str, body: dict[str, Any]) -> bool:
    """Write one alert; False when its key was alerted before."""
    with connect("publisher") as connection:
        done = connection.execute(
            "insert into ctl.outbox (dedup_key, kind, severity, subject, body) "
            "values (%s, %s, %s, %s, %s) on conflict do nothing",
            (key, kind, severity, subject[:500], Json(body)),
        )
        return done.rowcount == 1


def alerts_to_outbox(connection: psycopg.Connection[Any], batch_id: int) -> int:
    """Tell of the alerts that a batch opened, one message per kind and dealer; how many messages.

    In the transaction that publishes them, so that nobody is told of what readers cannot see.
    """
    there = connection.execute("select to_regclass('marts.mart_alert') is not null").fetchone()
    if not there or not there[0]:
        return 0
    done = connection.execute(
        "insert into ctl.outbox (dedup_key, kind, severity, subject, body) "
        "select 'alerts:' || kind || ':' || coalesce(dealer_id, '') || ':' || batch_id, kind, "
        "case when bool_or(severity = 'critical') then 'critical' else 'warn' end, "
        "kind || ': ' || count(*) || ' new' || coalesce(' at ' || dealer_id, ''), "
        "jsonb_build_object('dealer_id', dealer_id, 'count', count(*), 'alerts', "
        " (array_agg(subject_en || ' / ' || subject_zh order by severity, alert_key))[1:20]) "
        "from marts.mart_alert where batch_id = %s and opened_by_batch = batch_id "
        "and closed_at is null and severity in ('warn', 'critical') "
        "group by batch_id, kind, dealer_id on conflict do nothing",
        (batch_id,),
    )
    return done.rowcount


def send_waiting(send: Callable[[str, str], None], limit: int = 100) -> int:
    """Send what waits, oldest first; how many.

    A row is marked as sent after the send and in the lock of its transaction: a crash between the
    two sends it again, with the same key for the receiver to know it by.
    """
    sent = 0
    with connect("publisher") as connection:
        for _ in range(limit):
            with connection.transaction():
                row = connection.execute(
                    "select outbox_id, dedup_key, severity, subject, body from ctl.outbox "
                    "where sent_at is null order by outbox_id limit 1 for update skip locked"
                ).fetchone()
                if row is None:
                    return sent
                outbox_id, key, severity, subject, body = row
                text = json.dumps(body, ensure_ascii=False, indent=1, default=str)
                send(f"[{severity}] {subject}", f"{text}\n{settings().base_url}\n({key})")
                connection.execute(
                    "update ctl.outbox set sent_at = now() where outbox_id = %s", (outbox_id,)
                )
            sent += 1
    return sent


def due(month_end: datetime) -> datetime:
    """When the reports of a month are due; Monday to Friday where the calendar is unknown."""
    day, left = month_end, DUE_WORKING_DAY
    while left:
        day += timedelta(days=1)
        left -= _working(day)
    return day


def _working(day: datetime) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day.date()))
    except NotImplementedError:
        return day.weekday() < 5


def mark_late_reports(now: datetime | None = None) -> int:
    """Alert for every report of last month that is due and not there; how many are new."""
    now = now or datetime.now(UTC)
    last = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    if now < due(last) + timedelta(days=1):
        return 0
    month = f"{last:%Y-%m}"
    with connect("publisher") as connection:
        there = set(
            connection.execute(
                "select dealer_id, report from ctl.submission where status = 'accepted' "
                "and period_start <= %s and period_end >= %s",
                (last.date(), last.date()),
            ).fetchall()
        )
        onboarded = {
            row[0] for row in connection.execute("select distinct dealer_id from ctl.submission")
        }
    new = 0
    for dealer_id, feed in feeds().items():
        if dealer_id not in onboarded or dealer_id == settings().vendor_id:
            continue
        for report in feed.reports:
            if (dealer_id, report) not in there:
                new += raise_alert(
                    f"late_report:{dealer_id}:{report}:{month}", "late_report", "warn",
                    f"{dealer_id} has not sent {report} for {month}",
                    {"dealer_id": dealer_id, "report": report, "month": month,
                     "due": due(last).date().isoformat()},
                )  # fmt: skip
    return new
