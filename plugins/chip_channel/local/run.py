"""`make run`: the whole pipeline on one machine, by the real scheduler, on the sample world."""

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chip_channel.local.airflow import LocalAirflow, local_airflow
from chip_channel.local.postgres import EmbeddedPostgres
from chip_channel.local.state import State, state
from chip_channel.settings import settings

DAGS = ("ingest_reference_data", "ingest_dealer_reports", "build_channel_marts",
        "publish_channel_data", "publish_forecasts_and_alerts", "settle_rebates")  # fmt: skip
PLANNING = "publish_forecasts_and_alerts"
ONE_BY_ONE = 3
"""So many of the last months are published one by one; the earlier ones arrive in one go."""
QUIET_SECONDS = 3


class RunError(RuntimeError):
    """The run did not end as it should; the message says what to look at."""


@dataclass
class Stack:
    """The servers of one machine."""

    postgres: EmbeddedPostgres
    airflow: LocalAirflow | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def start(progress: Callable[[str], None]) -> Stack:
    """Start PostgreSQL and Airflow, and bring the warehouse to this release."""
    from chip_channel.publish.dbt import dbt  # noqa: PLC0415 - needs the database first
    from chip_channel.warehouse import migrate  # noqa: PLC0415

    # files of the sample world carry the moment of their arrival
    os.environ.setdefault("CHIP_CHANNEL_RECEIVED_AT", "mtime")
    settings.cache_clear()
    stack = Stack(EmbeddedPostgres(settings().home / "postgres"))
    if not settings().database_url:
        progress("PostgreSQL")
        stack.postgres.start()
    progress("Warehouse: schema, roles, dbt tables and views")
    migrate()
    dbt("build", "--selector", "deploy")
    stack.airflow = local_airflow()
    Path(settings().landing_url).mkdir(parents=True, exist_ok=True)
    stack.airflow.start(progress)
    return stack


def world(progress: Callable[[str], None], small: bool = False) -> Path:
    """Write the sample world, once."""
    from chip_channel.world import WorldSpec, write_world  # noqa: PLC0415

    folder = settings().home / "world"
    if not (folder / "truth").exists():
        progress("Sample world: a chip maker, its dealers, their files month by month")
        shutil.rmtree(folder, ignore_errors=True)
        partial = folder.with_name("world.part")
        shutil.rmtree(partial, ignore_errors=True)
        write_world(WorldSpec.small() if small else WorldSpec(), partial)
        partial.rename(folder)
    return folder


def land_history(stack: Stack, folder: Path, progress: Callable[[str], None]) -> int:
    """Land month after month and wait until all is published; how many files were new."""
    from chip_channel.world.landing import land_month  # noqa: PLC0415

    landed_file = folder / "landed.json"
    landed: list[str] = json.loads(landed_file.read_text()) if landed_file.exists() else []
    months = sorted(p.name for p in (folder / "files").iterdir() if p.is_dir())
    new = 0
    for month in months:
        if month in landed:
            continue
        new += land_month(folder, month)
        landed.append(month)
        landed_file.write_text(json.dumps(landed))
        progress(f"Landed {month}")
        # the first months hold reference data alone, which is nothing to publish
        if month in months[-ONE_BY_ONE - 1 :]:
            wait(stack, progress)
    wait(stack, progress)
    return new


def wait(stack: Stack, progress: Callable[[str], None], limit: float = 3600) -> State:
    """Wait until everything that has landed is published.

    Raises RunError when a DAG run fails, or it takes longer than `limit` seconds. While history is
    still arriving gate 3 may well hold back a plan made on the first half of it: the last plan counts.
    """
    assert stack.airflow is not None  # noqa: S101 - started before
    deadline = time.monotonic() + limit
    quiet_since: float | None = None
    while time.monotonic() < deadline:
        now = state()
        runs = _runs(stack.airflow, "running") + _runs(stack.airflow, "queued")
        busy = ", ".join(sorted({r["dag_id"] for r in runs}))
        progress(f"{now}{' · ' + busy if busy else ''}")
        if now.blocked:
            raise RunError(f"A gate blocked: {now.blocked}")
        failed = [r for r in _runs(stack.airflow, "failed") if r["dag_id"] != PLANNING]
        if now.idle and not runs:
            failed += [r for r in _last_run(stack.airflow, PLANNING) if r["state"] == "failed"]
        if failed:
            where = "\n".join(
                f"  {stack.airflow.url}/dags/{r['dag_id']}/runs/{r['dag_run_id']}" for r in failed
            )
            raise RunError(f"A DAG run failed; its log says why:\n{where}")
        if now.idle and not runs:
            quiet_since = quiet_since or time.monotonic()
            if time.monotonic() - quiet_since > QUIET_SECONDS:
                return now
        else:
            quiet_since = None
        time.sleep(1)
    raise RunError(f"Not finished after {limit:.0f} s: {state()}")


def _runs(airflow: LocalAirflow, wanted: str) -> list[dict[str, Any]]:
    found = airflow.api("GET", f"/dags/~/dagRuns?state={wanted}&limit=100")["dag_runs"]
    return [r for r in found if r["dag_id"] in DAGS]


def _last_run(airflow: LocalAirflow, dag_id: str) -> list[dict[str, Any]]:
    path = f"/dags/{dag_id}/dagRuns?order_by=-start_date&limit=1"
    found: list[dict[str, Any]] = airflow.api("GET", path)["dag_runs"]
    return found


def stop() -> None:
    """Stop Airflow, then PostgreSQL."""
    server = EmbeddedPostgres(settings().home / "postgres")
    if server.exists():
        if server.running():
            local_airflow().stop()
        server.stop()
