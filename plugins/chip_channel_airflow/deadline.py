"""Deadlines; Airflow calls them experimental, so they are met here and nowhere else."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DeadlineAlert, DeadlineReference, SyncCallback  # type: ignore[attr-defined]


def published_within(limit: timedelta, what: str) -> DeadlineAlert:
    """An alarm when a run has not ended so long after it was queued."""
    return DeadlineAlert(
        name=f"{what} within {limit}",
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=limit,
        callback=SyncCallback(
            "chip_channel_airflow.deadline.missed", kwargs={"what": what, "limit": str(limit)}
        ),
    )


def missed(what: str, limit: str, **_: Any) -> None:
    """Write the alert to the outbox, from where it is sent once."""
    from chip_channel.publish.outbox import raise_alert

    logging.getLogger(__name__).warning("%s was not done within %s", what, limit)
    key = f"deadline:{what}:{datetime.now(UTC):%Y-%m-%d}"  # once a day
    raise_alert(key, "late_run", "warn", f"{what} was not done within {limit}", {})
