"""`make run` settles the closed periods: a scripted finance user approves through the real API."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chip_channel.local.airflow import LocalAirflow
from chip_channel.warehouse import connect

DAG = "settle_rebates"
APPROVER = "finance"
OPEN = (
    "select count(*) from publish.mart_rebate_statement "
    "where amount <> settled and period_end <= current_date - 10"
)


class SettlingError(RuntimeError):
    """The settlement did not end as it should; the message says what to look at."""


def settle(airflow: LocalAirflow, progress: Callable[[str], None], limit: float = 600) -> int:
    """Run the settlement DAG once, if a closed period is open; how many statements were settled.

    Raises SettlingError when the run fails or takes longer than `limit` seconds.
    """
    before = _count(OPEN)
    if not before:
        return 0
    progress(f"Settlement: {before} statements, proposed by admin, approved by {APPROVER}")
    started = datetime.now(UTC).isoformat()
    run = airflow.api("POST", f"/dags/{DAG}/dagRuns", {"logical_date": started})["dag_run_id"]
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        state = airflow.api("GET", f"/dags/{DAG}/dagRuns/{run}")["state"]
        if state == "success":
            return before - _count(OPEN)
        if state == "failed":
            raise SettlingError(f"The settlement failed: {airflow.url}/dags/{DAG}/runs/{run}")
        progress(f"settlement · {'approved' if _approve(airflow, run) else state}")
        time.sleep(1)
    raise SettlingError(f"The settlement took longer than {limit:.0f} s: {airflow.url}/dags/{DAG}")


def _approve(airflow: LocalAirflow, run: str) -> bool:
    """Answer where an answer is waited for.

    Once more in each try: an answer that comes before the executor has told that the task waits is
    taken for a lost task, and the next try asks again.
    """
    task = f"/dags/{DAG}/dagRuns/{run}/taskInstances/approve"
    waiting: dict[str, Any] = airflow.api("GET", task)
    if waiting["state"] not in ("deferred", "awaiting_input"):
        return False
    asked = f"{task}/-1/hitlDetails"
    if not airflow.api("GET", asked)["response_received"]:
        airflow.api("PATCH", asked, {"chosen_options": ["Approve"]}, user=APPROVER)
    return True


def _count(query: str) -> int:
    with connect("poster") as connection:
        found = connection.execute(query).fetchone()  # type: ignore[call-overload]
    return int(found[0]) if found else 0
