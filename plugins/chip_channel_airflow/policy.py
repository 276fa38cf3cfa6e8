"""What all tasks have in common: owner, retries that never repeat bad data, time-outs, alarms."""

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import Param
from airflow.sdk.definitions.retry_policy import ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.execution_time.hitl import HITLUser

from chip_channel_airflow.notify import notifiers

OWNER = "channel-data"
BAD_DATA = (
    "chip_channel.intake.feed.FeedError",
    "chip_channel.intake.service.IntakeError",
    "chip_channel.publish.dbt.DbtError",
    "chip_channel.publish.publish.NotPublishableError",
    "chip_channel.quality.gates.GateBlockedError",
    "chip_channel.quality.suite.SuiteError",
    "chip_channel.settlement.propose.SettlementError",
)
"""Errors that come back however often the task is tried."""

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=list(BAD_DATA), action=RetryAction.FAIL,
                  reason="the data or the set-up is wrong; trying again cannot help"),
    ]
)  # fmt: skip


def approvers() -> list[HITLUser]:
    """Users who may approve settlements: CHIP_CHANNEL_APPROVERS, by comma."""
    names = os.environ.get("CHIP_CHANNEL_APPROVERS", "finance").split(",")
    return [{"id": name.strip(), "name": name.strip()} for name in names if name.strip()]


def default_args(**more: Any) -> dict[str, Any]:
    """Arguments for every task of a DAG."""
    return {
        "owner": OWNER,
        "retries": 3,
        "retry_delay": timedelta(seconds=float(os.environ.get("CHIP_CHANNEL_RETRY_SECONDS", "30"))),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "retry_policy": RETRY_POLICY,
        "execution_timeout": timedelta(hours=1),
        "on_failure_callback": notifiers("{{ dag.dag_id }}.{{ ti.task_id }} failed",
                                         "{{ exception }}"),
    } | more  # fmt: skip


def months_param() -> Param:
    """A form field for months to build again."""
    return Param(
        [], type="array", items={"type": "string", "pattern": "^20\\d\\d-(0[1-9]|1[0-2])$"},
        title="Months to build again", description_md="For example `2026-03`; one a line.",
    )  # fmt: skip
