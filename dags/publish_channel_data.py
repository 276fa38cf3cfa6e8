"""Publishing: gate 3, the pointers, the report."""

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import DAG, Metadata, get_current_context, task
from chip_channel_airflow.assets import GROUP, MARTS, PUBLISHED
from chip_channel_airflow.deadline import published_within
from chip_channel_airflow.policy import default_args

with DAG(
    "publish_channel_data",
    description="Gate 3, then all slices of the batch become visible at once",
    schedule=[MARTS],
    start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(),
    deadline=published_within(timedelta(hours=2), "publish_channel_data"),
    tags=[GROUP, "publish"],
    doc_md="""
### Publishing

**In:** the newest batch that passed gate 2. **Out:** `publish.*` shows it, `ctl.publication`,
alerts in the outbox, the report page.

**When it fails:** readers keep the last good publication, whole. A blocked gate names its checks
and rows on the quality page. Publishing twice changes nothing.
""",
) as dag:

    @task
    def newest_batch() -> int:
        """The newest batch that gate 2 let through."""
        events = get_current_context()["triggering_asset_events"].get(MARTS, [])
        from chip_channel.publish.batch import newest_built

        told = [e.extra["batch_id"] for e in events if e.extra and "batch_id" in e.extra]
        return max(told) if told else newest_built()

    @task
    def gate_publication(batch_id: int) -> int:
        """Gate 3 on the marts as readers would see them."""
        from chip_channel.quality.gates import check_publication

        check_publication(batch_id, print)
        return batch_id

    @task(outlets=[PUBLISHED], pool="publish")
    def publish(batch_id: int) -> Any:
        """Move the pointers, in one transaction."""
        from chip_channel.publish.publish import publish as move_pointers

        done = move_pointers(batch_id)
        yield Metadata(
            PUBLISHED, {"publication_id": done.publication_id, "slices": dict(done.slices)}
        )

    @task(trigger_rule="all_done", retries=1)
    def report() -> str:
        """Write the report and quality pages; also when a gate blocked, so that they say so."""
        from chip_channel.report.page import write_report

        return str(write_report())

    publish(gate_publication(newest_batch())) >> report()  # type: ignore[arg-type]
