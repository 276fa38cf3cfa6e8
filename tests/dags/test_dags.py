"""The DAGs exist, are thin, and keep the policy that they share."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from chip_channel.settings import ROOT

DAGS = {
    "ingest_dealer_reports", "ingest_reference_data", "build_channel_marts",
    "publish_channel_data", "publish_forecasts_and_alerts", "housekeeping", "settle_rebates",
}  # fmt: skip
FILES = sorted((ROOT / "dags").glob("*.py"))
HEAVY = {"great_expectations", "pandas", "polars", "dbt", "statsforecast", "psycopg", "numpy"}


def test_all_dags_load_without_an_error(bag: Any) -> None:
    assert bag.import_errors == {}
    assert set(bag.dags) >= DAGS


@pytest.mark.parametrize("dag_id", sorted(DAGS))
def test_a_dag_says_what_it_is_for(bag: Any, dag_id: str) -> None:
    dag = bag.dags[dag_id]
    assert "chip_channel" in dag.tags
    assert "**In:**" in dag.doc_md
    assert "**Out:**" in dag.doc_md
    assert dag.max_active_runs == 1
    assert dag.catchup is False


@pytest.mark.parametrize("dag_id", sorted(DAGS))
def test_every_task_has_an_owner_retries_a_time_limit_and_the_policy(bag: Any, dag_id: str) -> None:
    for task in bag.dags[dag_id].tasks:
        assert task.owner == "channel-data"
        assert task.retries >= 1
        assert task.execution_timeout is not None
        assert task.retry_policy is not None


def test_bad_data_is_never_retried_and_a_lost_connection_is(bag: Any) -> None:
    import psycopg
    from airflow.sdk.definitions.retry_policy import RetryAction
    from chip_channel.quality.gates import GateBlockedError
    from chip_channel_airflow.policy import RETRY_POLICY

    blocked = RETRY_POLICY.evaluate(GateBlockedError("x"), 1, 3)
    lost = RETRY_POLICY.evaluate(psycopg.OperationalError("x"), 1, 3)
    assert blocked.action == RetryAction.FAIL
    assert lost.action == RetryAction.DEFAULT


def test_the_policy_names_exceptions_that_exist() -> None:
    from airflow.sdk.module_loading import import_string
    from chip_channel_airflow.policy import BAD_DATA

    assert all(issubclass(import_string(name), Exception) for name in BAD_DATA)


def test_dags_are_linked_by_assets(bag: Any) -> None:
    def outlets(dag_id: str) -> set[str]:
        return {o.name for t in bag.dags[dag_id].tasks for o in t.outlets}

    def inlets(dag_id: str) -> set[str]:
        waiting, names = [bag.dags[dag_id].timetable.asset_condition], set()
        while waiting:
            condition = waiting.pop()
            waiting += getattr(condition, "objects", [])
            names |= {condition.name} if hasattr(condition, "uri") else set()
        return names

    made = outlets("ingest_dealer_reports") | outlets("ingest_reference_data")
    assert made - {"reported_months"} == inlets("build_channel_marts")
    assert outlets("build_channel_marts") == inlets("publish_channel_data")
    assert outlets("publish_channel_data") == inlets("publish_forecasts_and_alerts")
    assert inlets("ingest_dealer_reports") == {"landing_dealers"}


def test_one_task_per_file_with_a_readable_name(bag: Any) -> None:
    task = bag.dags["ingest_dealer_reports"].get_task("ingest_file")
    assert task.is_mapped
    assert task.map_index_template == "{{ label }}"
    assert task.pool == "intake"


def test_the_publisher_has_a_deadline_and_the_build_a_form(bag: Any) -> None:
    assert bag.dags["publish_channel_data"].deadline
    assert set(bag.dags["build_channel_marts"].params) == {"months", "known_at"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_dag_file_is_a_table_of_contents(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) < 100
    top = [n for n in ast.parse(text).body if isinstance(n, ast.Import | ast.ImportFrom)]
    names = {
        (n.module if isinstance(n, ast.ImportFrom) else n.names[0].name).split(".")[0] for n in top
    }
    assert not names & HEAVY


def test_parsing_a_dag_file_imports_nothing_heavy() -> None:
    code = (
        "import sys, runpy, glob\n"
        "[runpy.run_path(f) for f in sorted(glob.glob('dags/*.py'))]\n"
        f"print(sorted(m for m in {HEAVY - {'pandas', 'numpy', 'psycopg'}!r} if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_the_plugin_loader_runs_no_module_of_ours_under_a_bare_name() -> None:
    """Without plugins/.airflowignore every file there would be executed again."""
    code = (
        "from airflow import plugins_manager\n"
        "plugins_manager.ensure_plugins_loaded() if hasattr(plugins_manager, 'ensure_plugins_loaded')"
        " else plugins_manager.get_plugin_info()\n"
        "import sys\n"
        "ours = {p.stem for p in __import__('pathlib').Path('plugins').rglob('*.py')} - {'__init__'}\n"
        "print(sorted(n for n, m in sys.modules.items() if n in ours and "
        "str(getattr(m, '__file__', '')).startswith(str(__import__('pathlib').Path('plugins').resolve()))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"
    assert set((ROOT / "plugins/.airflowignore").read_text().split()) == {
        p.name for p in (ROOT / "plugins").iterdir() if (p / "__init__.py").exists()
    }


def test_notifications_are_off_until_a_channel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from chip_channel_airflow import notify

    monkeypatch.delenv("CHIP_CHANNEL_NOTIFY", raising=False)
    assert notify.notifiers("subject", "body") == []
    monkeypatch.setenv("CHIP_CHANNEL_NOTIFY", "smtp,apprise")
    monkeypatch.setenv("CHIP_CHANNEL_NOTIFY_TO", "channel@example.com")
    names = [type(n).__name__ for n in notify.notifiers("subject", "body")]
    assert names == ["SmtpNotifier", "AppriseNotifier"]
    monkeypatch.setenv("CHIP_CHANNEL_NOTIFY", "pigeon")
    with pytest.raises(ValueError, match="pigeon"):
        notify.notifiers("subject", "body")


def test_the_landing_trigger_fires_for_new_files_and_not_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    from chip_channel.settings import settings
    from chip_channel_airflow.triggers import LandingTrigger

    monkeypatch.setenv("CHIP_CHANNEL_HOME", str(tmp_path))
    monkeypatch.setenv("CHIP_CHANNEL_SETTLE_SECONDS", "0")
    settings.cache_clear()
    folder = tmp_path / "landing" / "huaxin"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("x")

    async def events() -> list[Any]:
        stream = LandingTrigger(kind="dealers", poll_seconds=0.05).run()
        first = await anext(stream)
        again = asyncio.ensure_future(anext(stream))
        done, _ = await asyncio.wait([again], timeout=0.5)
        assert not done
        (folder / "b.csv").write_text("y")
        second = await asyncio.wait_for(again, 5)
        return [first.payload["files"], second.payload["files"]]

    assert asyncio.run(events()) == [1, 2]
    settings.cache_clear()
