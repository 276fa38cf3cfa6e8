"""The DAG that takes files; one for the dealers' reports, one for the maker's reference data."""

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, Metadata, get_current_context, task
from airflow.timetables.trigger import CronTriggerTimetable

from chip_channel_airflow.assets import GROUP, REPORTED_MONTHS, landing
from chip_channel_airflow.policy import default_args
from chip_channel_airflow.triggers import Kind

POOL = "intake"
FILES_A_RUN = 500


def ingestion(dag_id: str, kind: Kind, raw: Asset, doc: str) -> DAG:
    """Build the DAG: list what waits, ingest each file, judge what came in."""
    with DAG(
        dag_id,
        description=f"Files of the {kind} into raw, judged by gate 1",
        schedule=AssetOrTimeSchedule(
            timetable=CronTriggerTimetable(  # type: ignore[arg-type]
                "17 * * * *", timezone="UTC"
            ),
            assets=[landing(kind)],
        ),
        start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
        catchup=False,
        max_active_runs=1,
        default_args=default_args(),
        tags=[GROUP, "intake"],
        doc_md=doc,
    ) as dag:

        @task(retries=2)
        def list_files() -> list[dict[str, Any]]:
            """What waits in the landing folder, oldest first."""
            from chip_channel.intake.landing import waiting

            return [a.as_dict() for a in waiting(kind)[:FILES_A_RUN]]

        @task(pool=POOL, map_index_template="{{ label }}", execution_timeout=timedelta(minutes=30))
        def ingest_file(arrival: dict[str, Any]) -> dict[str, Any] | None:
            """One file: kept, read, checked, loaded, answered with its reject file."""
            from chip_channel.intake.landing import Arrival
            from chip_channel.intake.service import Intake

            waiting = Arrival(**arrival)
            context: Any = get_current_context()
            context["label"] = waiting.label
            with Intake() as intake:
                outcome = intake.arrival(waiting)
            if outcome is None:
                return None
            print(outcome)
            return {"report": outcome.report, "outcome": outcome.outcome,
                    "submission_id": outcome.submission_id}  # fmt: skip

        @task(outlets=[raw, REPORTED_MONTHS], trigger_rule="all_done_min_one_success")
        def judge() -> Any:
            """Gate 1 on every submission that has no verdict."""
            from chip_channel.quality.gates import judge_submissions

            verdicts, partitions = judge_submissions(on_result=print)
            if partitions:
                events = get_current_context()["outlet_events"]
                events[REPORTED_MONTHS].add_partitions(partitions)
            yield Metadata(raw, {"verdicts": dict(verdicts)})

        ingest_file.expand(arrival=list_files()) >> judge()
    return dag
