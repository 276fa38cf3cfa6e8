"""The whole, as a person runs it: real PostgreSQL, real Airflow, files to publication to report."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from chip_channel.intake.feed import feed_of
from chip_channel.local.airflow import LocalAirflow, local_airflow
from chip_channel.settings import ROOT, settings
from chip_channel.warehouse import connect


def chip_channel(*arguments: str, timeout: float = 1500) -> subprocess.CompletedProcess[str]:
    """A command as a person gives it."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("chip-channel")), *arguments], cwd=ROOT, check=False,
        capture_output=True, text=True, timeout=timeout, env=dict(os.environ, COLUMNS="160"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def stack() -> Iterator[Path]:
    """A home of its own; whatever runs there is stopped at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="chip-e2e-", ignore_cleanup_errors=True) as name,
        pytest.MonkeyPatch.context() as patch,
    ):
        Path(name).chmod(0o755)
        patch.setenv("CHIP_CHANNEL_HOME", name)
        patch.setenv("CHIP_CHANNEL_SETTLE_SECONDS", "0.5")
        patch.delenv("CHIP_CHANNEL_DATABASE_URL", raising=False)
        settings.cache_clear()
        feed_of.cache_clear()
        yield Path(name)
        chip_channel("local", "down")
    settings.cache_clear()
    feed_of.cache_clear()


@pytest.fixture(scope="module")
def first_run(stack: Path) -> subprocess.CompletedProcess[str]:
    """The small sample world, by the real scheduler."""
    return chip_channel("local", "run", "--small")


def get(airflow: LocalAirflow, path: str, token: str | None) -> tuple[int, str]:
    """Status and body of a page of Airflow's server."""
    request = urllib.request.Request(f"{airflow.url}{path}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def test_it_ends_well_and_says_what_came_of_it(first_run: subprocess.CompletedProcess[str]) -> None:
    assert first_run.returncode == 0, first_run.stdout[-3000:] + first_run.stderr[-3000:]
    for word in ("Files", "Lines by reason", "Gates", "Published", "Most urgent", "Where to look"):
        assert word in first_run.stdout
    assert "everything is published" in first_run.stdout


def test_what_is_published_is_what_was_true(first_run: object, stack: Path) -> None:
    true = pl.read_parquet(stack / "world" / "truth" / "pos.parquet")
    with connect("bi_reader") as connection:
        found = connection.execute(
            "select dealer_id, invoice_no, line_no, line_type from publish.fct_pos"
        ).fetchall()
    wanted = zip(true["dealer_id"], true["invoice_no"], true["line_no"], true["type"], strict=True)
    assert sorted(found) == sorted(wanted)


def test_every_dag_was_run_by_the_scheduler_and_none_failed(first_run: object, stack: Path) -> None:
    runs = local_airflow().api("GET", "/dags/~/dagRuns?limit=200")["dag_runs"]
    succeeded = {r["dag_id"] for r in runs if r["state"] == "success"}
    assert succeeded >= {"ingest_dealer_reports", "ingest_reference_data", "build_channel_marts",
                         "publish_channel_data", "publish_forecasts_and_alerts", "housekeeping"}  # fmt: skip
    assert [r["dag_id"] for r in runs if r["state"] == "failed"] == []
    assert {r["run_type"] for r in runs if r["dag_id"] == "publish_channel_data"} == {
        "asset_triggered"
    }


def test_files_are_tasks_with_readable_names(first_run: object, stack: Path) -> None:
    airflow = local_airflow()
    names = set()
    for run in airflow.api("GET", "/dags/ingest_dealer_reports/dagRuns?limit=100")["dag_runs"]:
        path = f"/dags/ingest_dealer_reports/dagRuns/{run['dag_run_id']}/taskInstances?limit=200"
        names |= {t["rendered_map_index"] for t in airflow.api("GET", path)["task_instances"]}
    with connect() as connection:
        wanted = {
            f"{dealer} · {name}"
            for dealer, name in connection.execute(
                "select dealer_id, file_name from ctl.submission where dealer_id <> 'vendor'"
            )
        }
    assert wanted <= names


def test_reported_months_are_partitions(first_run: object, stack: Path) -> None:
    events = local_airflow().api("GET", "/assets/events?limit=200")["asset_events"]
    keys = {e.get("partition_key") for e in events if e["asset_id"] and e.get("partition_key")}
    with connect() as connection:
        wanted = {
            key
            for (key,) in connection.execute(
                "select distinct dealer_id || '|' || to_char(period_start, 'YYYY-MM') from "
                "ctl.submission where status = 'accepted' and dealer_id <> 'vendor'"
            )
        }
    assert wanted <= keys


def test_the_report_is_in_airflow_for_those_who_are_logged_in(
    first_run: object, stack: Path
) -> None:
    airflow = local_airflow()
    assert get(airflow, "/chip-channel/index.html", None)[0] == 401
    status, page = get(airflow, "/chip-channel/index.html", airflow.token("viewer"))
    assert status == 200
    assert "Chip Channel" in page
    assert get(airflow, "/chip-channel/..%2f..%2fpasswords.json", airflow.token())[0] == 404
    views = airflow.api("GET", "/plugins")["plugins"]
    assert "Channel report" in json.dumps(views)


def test_a_second_run_changes_nothing_and_says_so(first_run: object, stack: Path) -> None:
    def everything() -> list[tuple]:
        with connect() as connection:
            return connection.execute(
                "select (select count(*) from ctl.submission), (select max(batch_id) from ctl.batch), "
                "(select max(publication_id) from ctl.publication), (select count(*) from raw.pos)"
            ).fetchall()

    before = everything()
    again = chip_channel("local", "run", "--small", timeout=300)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "Nothing was new; nothing has changed." in again.stdout
    assert everything() == before


def test_one_more_file_is_taken_and_published_by_itself(first_run: object, stack: Path) -> None:
    """A correction lands; nobody does anything; readers see it."""
    import shutil
    import time

    with connect() as connection:
        dealer, name, sha256, publications = connection.execute(
            "select dealer_id, file_name, sha256, (select count(*) from ctl.publication) from "
            "ctl.submission where report = 'pos' and status = 'accepted' and mode = 'full' and "
            "file_name ~ '\\.(csv|tsv|txt)$' order by reported_at desc limit 1"
        ).fetchone()
    target = stack / "landing" / dealer / name
    partial = target.with_name(f".{name}.part")
    shutil.copy(stack / "store" / sha256[:2] / sha256, partial)
    partial.chmod(0o644)
    lines = partial.read_bytes().splitlines(keepends=True)
    partial.write_bytes(b"".join(lines[:-1]))
    partial.rename(target)
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        with connect() as connection:
            found = connection.execute("select count(*) from ctl.publication").fetchone()
        if found[0] > publications:
            break
        time.sleep(1)
    assert found[0] > publications
    assert not target.exists()


def test_status_and_down_say_what_they_do(first_run: object, stack: Path) -> None:
    status = chip_channel("local", "status").stdout
    assert "PostgreSQL  runs" in status
    assert "Airflow     runs at" in status
    assert chip_channel("local", "down").returncode == 0
    status = chip_channel("local", "status").stdout
    assert "PostgreSQL  is down" in status
