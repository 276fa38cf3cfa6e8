"""Settlement: propose, gate, approve by a person, post, tell the dealers."""

import os
from datetime import timedelta
from typing import Any

import pendulum
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, Param, get_current_context, task
from airflow.timetables.trigger import CronTriggerTimetable
from chip_channel_airflow.assets import GROUP, SETTLED
from chip_channel_airflow.policy import default_args

APPROVERS = [n for n in os.environ.get("CHIP_CHANNEL_APPROVERS", "finance").split(",") if n]
APPROVE, REJECT = "Approve", "Reject"

with DAG(
    "settle_rebates",
    description="Closed periods before finance; what is approved is posted, once",
    schedule=CronTriggerTimetable("0 6 16 * *", timezone="UTC"),
    start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(),
    tags=[GROUP, "rebates"],
    params={
        "until": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Periods that end by",
            description="Empty: those that ended ten days ago",
        ),
    },
    doc_md="""
### Settlement of rebates

**In:** published statements that are not settled as they stand. **Out:** `rebate.settlement`, the
journal, a credit-note file, a workbook and a page per dealer in `<home>/statements`.

**A person decides**, under *Required Actions*: only the users in `CHIP_CHANNEL_APPROVERS`, and never
the one who started the run. The decision is a row with who, when, and the hash of the numbers.

**When it fails:** a rejection fails the run on purpose. Numbers that changed while they waited are
refused: start it again. Posting twice posts once.
""",
) as dag:

    @task
    def propose() -> dict[str, Any]:
        """Put closed periods before finance; skip when nothing is open."""
        from airflow.sdk.exceptions import AirflowSkipException
        from chip_channel.settlement.propose import propose as put

        context: Any = get_current_context()
        by = context["dag_run"].triggering_user_name or "schedule"
        until = context["params"]["until"]
        made = put(by, pendulum.parse(until).date() if until else None)  # type: ignore[union-attr]
        if made is None:
            raise AirflowSkipException("every closed period is settled as it stands")
        return {"proposal_id": made.proposal_id, "numbers_hash": made.numbers_hash,
                "text": made.as_markdown()}  # fmt: skip

    @task
    def gate(proposal: dict[str, Any]) -> dict[str, Any]:
        """The settlement gate on the proposed statements."""
        from chip_channel.quality.gates import check_proposal

        check_proposal(proposal["proposal_id"], print)
        return proposal

    decide = HITLOperator(
        task_id="approve",
        subject="Rebate settlement: proposal {{ ti.xcom_pull('propose')['proposal_id'] }}",
        body="{{ ti.xcom_pull('propose')['text'] }}",
        options=[APPROVE, REJECT],
        assigned_users=[{"id": name, "name": name} for name in APPROVERS],
        response_timeout=timedelta(days=14),
        execution_timeout=None,
    )

    @task
    def record_decision(proposal: dict[str, Any]) -> int:
        """Write down who decided on which numbers; a rejection fails."""
        from chip_channel.settlement.propose import SettlementError
        from chip_channel.settlement.propose import decide as write

        response = get_current_context()["ti"].xcom_pull(task_ids="approve")
        user = response["responded_by_user"]
        approved = response["chosen_options"] == [APPROVE]
        write(proposal["proposal_id"], proposal["numbers_hash"], user["name"], approved)
        if not approved:
            raise SettlementError(
                f"proposal {proposal['proposal_id']} is rejected by {user['name']}"
            )
        return int(proposal["proposal_id"])

    @task(outlets=[SETTLED], pool="publish")
    def post(proposal_id: int) -> int:
        """Accrue closed months, settle, post: one transaction each, once however often it runs."""
        from chip_channel.settlement.post import accrue_closed_months
        from chip_channel.settlement.post import post as settle

        accrue_closed_months()
        print(settle(proposal_id))
        return proposal_id

    @task
    def write_statements(proposal_id: int) -> list[str]:
        """Credit notes, statements for the dealers, and the report."""
        from chip_channel.report.page import write_report
        from chip_channel.settlement.statements import write_statements as write

        write_report()
        return [str(path) for path in write(proposal_id)]

    proposed: Any = gate(propose())  # type: ignore[arg-type]
    recorded: Any = record_decision(proposed)
    proposed >> decide >> recorded
    write_statements(post(recorded))  # type: ignore[arg-type]
