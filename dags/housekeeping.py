"""Housekeeping: alerts out of the outbox, late reports, versions that nobody sees any more."""

import pendulum
from airflow.sdk import DAG, task
from chip_channel_airflow.assets import GROUP
from chip_channel_airflow.policy import default_args

with DAG(
    "housekeeping",
    description="Sends alerts, marks late reports, drops old versions",
    schedule="*/10 * * * *",
    start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(retries=2),
    tags=[GROUP],
    doc_md="""
### Housekeeping

**In:** the outbox, the calendar, old versions. **Out:** alerts sent once each, an alert per late
report, less disk. Safe to run at any time, also by hand.
""",
) as dag:

    @task
    def late_reports() -> int:
        """Raise an alert for every report that is due and not there."""
        from chip_channel.publish.outbox import mark_late_reports

        return mark_late_reports()

    @task
    def send_alerts() -> int:
        """Send what waits in the outbox; without a channel it stays there, visible on the page."""
        from chip_channel.publish.outbox import send_waiting
        from chip_channel_airflow.notify import channels, send

        return send_waiting(send) if channels() else 0

    @task
    def drop_old_versions() -> dict[str, int]:
        """Drop mart rows beyond the versions that are kept, and plans that judge nothing more."""
        from chip_channel.planner.run import drop_old_plans
        from chip_channel.publish.publish import drop_old_versions as drop

        return drop() | drop_old_plans()

    late_reports() >> send_alerts()
    drop_old_versions()
