"""Marts of a batch: dbt on the touched slices, then gate 2."""

from typing import Any

import pendulum
from airflow.sdk import DAG, Metadata, Param, get_current_context, task
from chip_channel_airflow.assets import GROUP, MARTS, RAW_DEALERS, RAW_REFERENCE
from chip_channel_airflow.policy import default_args, months_param

with DAG(
    "build_channel_marts",
    description="dbt builds what new submissions touch; gate 2 checks it",
    schedule=RAW_DEALERS | RAW_REFERENCE,
    start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(),
    params={
        "months": months_param(),
        "known_at": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="As known at",
            description_md="Recompute a past state instead; it is never published.",
        ),
    },
    tags=[GROUP, "marts"],
    doc_md="""
### Marts of a batch

**In:** judged submissions that no published batch holds. **Out:** new versions of the touched
slices of every mart, `ctl.batch`, gate 2's findings.

**Backfill:** trigger with months to build again, or with a moment to recompute what was known then.

**When it fails:** nothing is published; the next batch takes up the same submissions. A failed
model or test is named in the log of `build`; a blocked gate on the quality page.
""",
) as dag:

    @task.short_circuit
    def build() -> int | None:
        """Open a batch and run dbt for it; what follows is skipped when nothing is new."""
        from datetime import datetime

        from chip_channel.publish.build import build as build_batch

        params = get_current_context()["params"]
        known_at = params["known_at"]
        batch = build_batch(
            datetime.fromisoformat(known_at) if known_at else None,
            tuple(datetime.fromisoformat(f"{m}-01").date() for m in params["months"]),
            print,
        )
        return batch.batch_id if batch and not known_at else None

    @task(outlets=[MARTS])
    def gate_marts(batch_id: int) -> Any:
        """Gate 2 on the rows that the batch built."""
        from chip_channel.quality.gates import check_marts

        yield Metadata(MARTS, {"batch_id": batch_id, "outcome": check_marts(batch_id, print)})

    gate_marts(build())  # type: ignore[arg-type]
