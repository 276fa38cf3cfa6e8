"""Settlement: propose, gate, approve by a person, post, tell the dealers."""

from datetime import timedelta
from typing import Any

import pendulum
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, Param, get_current_context, task
from airflow.timetables.trigger import CronTriggerTimetable
from chip_channel_airflow.assets import GROUP, SETTLED
from chip_channel_airflow.policy import approvers, default_args

UNTIL = Param(None, type=["null", "string"], format="date", title="Periods that end by",
              description="Empty: those that ended ten days ago")  # fmt: skip

with DAG(
    "settle_rebates",
    description="Closed periods before finance; what is approved is posted, once",
    schedule=CronTriggerTimetable("0 6 16 * *", timezone="UTC"),
    start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(),
    tags=[GROUP, "rebates"],
    params={"until": UNTIL},
    doc_md="""
### Settlement of rebates

**In:** published statements that are not settled as they stand. **Out:** `rebate.settlement`, the
journal, credit notes and a statement per dealer in `<home>/statements`.

**A person decides**, under *Required Actions*: only users in `CHIP_CHANNEL_APPROVERS`, never the one
who started the run. **When it fails:** a rejection fails on purpose; for changed numbers start again.
""",
) as dag:

    @task
    def propose() -> dict[str, Any]:
        """Put closed periods before finance, past the settlement gate; skip when nothing is open."""
        from airflow.sdk.exceptions import AirflowSkipException
        from chip_channel.quality.gates import check_proposal
        from chip_channel.settlement.propose import propose as put

        context: Any = get_current_context()
        until = context["params"]["until"]
        made = put(context["dag_run"].triggering_user_name or "schedule",
                   pendulum.from_format(until, "YYYY-MM-DD").date() if until else None)  # fmt: skip
        if made is None:
            raise AirflowSkipException("every closed period is settled as it stands")
        check_proposal(made.proposal_id, print)
        return {"id": made.proposal_id, "hash": made.numbers_hash, "text": made.as_markdown()}

    approve = HITLOperator(
        task_id="approve",
        subject="Rebate settlement: proposal {{ ti.xcom_pull('propose')['id'] }}",
        body="{{ ti.xcom_pull('propose')['text'] }}",
        options=["Approve", "Reject"],
        assigned_users=approvers(),
        response_timeout=timedelta(days=14),
        execution_timeout=timedelta(days=14),
    )

    @task
    def record_decision(proposal: dict[str, Any]) -> int:
        """Write down who decided on which numbers; a rejection fails."""
        from chip_channel.settlement.propose import SettlementError, decide

        response = get_current_context()["ti"].xcom_pull(task_ids="approve")
        user, approved = (
            response["responded_by_user"]["name"],
            response["chosen_options"] == ["Approve"],
        )
        decide(proposal["id"], proposal["hash"], user, approved)
        if not approved:
            raise SettlementError(f"proposal {proposal['id']} is rejected by {user}")
        return int(proposal["id"])

    @task(outlets=[SETTLED], pool="publish")
    def post(proposal_id: int) -> int:
        """Accrue closed months, settle and post: once, however often it runs."""
        from chip_channel.settlement import post as posting

        posting.accrue_closed_months()
        print(posting.post(proposal_id))
        return proposal_id

    @task
    def write_statements(proposal_id: int) -> list[str]:
        """Credit notes, statements for the dealers, and the report."""
        from chip_channel.report.page import write_report
        from chip_channel.settlement.statements import write_statements as write

        write_report()
        return [str(path) for path in write(proposal_id)]

    proposed: Any = propose()
    recorded: Any = record_decision(proposed)
    proposed >> approve >> recorded
    write_statements(post(recorded))  # type: ignore[arg-type]
