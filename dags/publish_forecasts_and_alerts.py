"""Planning: forecasts, proposals and alerts on what is published, gate 3, the pointers."""

from typing import Any

import pendulum
from airflow.sdk import DAG, Metadata, Param, get_current_context, task
from chip_channel_airflow.assets import GROUP, PLANNED, PUBLISHED
from chip_channel_airflow.policy import default_args

with DAG(
    "publish_forecasts_and_alerts",
    description="Forecasts, stock levels, proposals and alerts, checked and published by pointer",
    schedule=[PUBLISHED],
    start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(),
    params={
        "choose_recipes": Param(
            False,
            type="boolean",
            title="Choose recipes and stock policies anew",
            description_md="Else they are chosen anew every 13 weeks.",
        ),
    },
    tags=[GROUP, "planning"],
    doc_md="""
### Forecasts and alerts

**In:** demand, stock and parts as they are published. **Out:** `publish.mart_forecast`,
`mart_safety_stock`, `mart_replenishment`, `mart_transfer`, `mart_npi_stocking`, `mart_last_buy`,
`mart_alert`, and messages about new alerts in the outbox.

**When it fails:** readers keep the last forecasts. Gate 3 blocks forecasts that are negative, leave
out an active part, jump without a reason, or would have missed what came on an earlier origin; the
quality page names the rows.
""",
) as dag:

    @task.short_circuit
    def plan() -> int | None:
        """Forecast, plan, and let dbt build the planning marts of a batch."""
        from chip_channel.planner.read import NothingToPlanError
        from chip_channel.planner.run import plan_batch

        try:
            done = plan_batch(get_current_context()["params"]["choose_recipes"], print)
        except NothingToPlanError:
            return None
        return done.batch.batch_id if done else None

    @task
    def gate_forecasts(batch_id: int) -> int:
        """Gate 3 on the planning marts as readers would see them."""
        from chip_channel.quality.gates import check_publication

        check_publication(batch_id, print)
        return batch_id

    @task(outlets=[PLANNED], pool="publish")
    def publish(batch_id: int) -> Any:
        """Move the pointers and tell of new alerts, in one transaction."""
        from airflow.sdk.exceptions import AirflowSkipException
        from chip_channel.publish.publish import SupersededError
        from chip_channel.publish.publish import publish as move_pointers

        try:
            done = move_pointers(batch_id)
        except SupersededError as newer:
            raise AirflowSkipException(str(newer)) from newer
        yield Metadata(PLANNED, {"publication_id": done.publication_id})

    @task(retries=1)
    def report() -> str:
        """Write the pages; also when a gate blocked, so that they say so."""
        from chip_channel.report.page import write_report

        return str(write_report())

    publish(gate_forecasts(plan())) >> report().as_teardown()  # type: ignore[arg-type]
