"""Run a gate: Great Expectations on a query over what is new, pushed down to the database."""

import json
import logging
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.types.json import Json

from chip_channel.quality.suite import Gate, Suite
from chip_channel.warehouse import database_url

FAILURES_KEPT = 200
"""Failing rows that are written down for each check."""


@dataclass(frozen=True)
class CheckResult:
    """What one check found."""

    name: str
    blocks: bool
    passed: bool
    failing_rows: int
    protects: str
    detail: str
    failures: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class GateResult:
    """What a gate found on one dataset."""

    gate: Gate
    dataset: str
    rows: int
    checks: tuple[CheckResult, ...]

    @property
    def outcome(self) -> str:
        failed = [c for c in self.checks if not c.passed]
        if any(c.blocks for c in failed):
            return "blocked"
        return "warned" if failed else "passed"

    @property
    def reasons(self) -> str:
        """The failed checks, for people."""
        return "; ".join(f"{c.name}: {c.detail}" for c in self.checks if not c.passed)


def run(suite: Suite, query: str, connection: psycopg.Connection[Any]) -> GateResult:
    """Check the rows of a query; a check that cannot run counts as failed.

    `connection` is used to name failing rows, in the same role as the checks run in.
    """
    results = _validate(suite, query)
    rows = 0
    checks = []
    for result in results:
        config, found = result.expectation_config, result.result or {}
        rows = max(rows, int(found.get("element_count") or 0))
        raised = (result.exception_info or {}).get("exception_message")
        failing = int(found.get("unexpected_count") or 0)
        failures = found.get("partial_unexpected_index_list") or []
        observed = found.get("observed_value")
        if config.type == "unexpected_rows_expectation" and not result.success and not raised:
            failures = _failing_rows(connection, config.kwargs["unexpected_rows_query"], query)
            failing = int(observed or len(failures))
        detail = raised or _detail(config, found, failing)
        checks.append(
            CheckResult(
                config.meta["name"], config.severity.value == "critical", bool(result.success),
                0 if result.success else failing, ", ".join(config.meta["protects"]),
                "" if result.success else detail,
                () if result.success else tuple(failures[:FAILURES_KEPT]),
            )
        )  # fmt: skip
    if not rows:
        counted = connection.execute(f"select count(*) from ({query}) as rows_").fetchone()  # type: ignore[call-overload] # noqa: S608
        rows = int(counted[0]) if counted else 0
    return GateResult(suite.gate, suite.dataset, rows, tuple(checks))


def _detail(config: Any, found: dict[str, Any], failing: int) -> str:
    about = config.meta.get("why", "")
    if "observed_value" in found and config.type != "unexpected_rows_expectation":
        return f"found {found['observed_value']}. {about}".strip()
    share = found.get("unexpected_percent")
    part = f" ({share:.1f} %)" if share else ""
    return f"{failing:,} rows{part}. {about}".strip()


@cache
def _library() -> Any:
    warnings.filterwarnings("ignore", module="great_expectations")
    import great_expectations  # noqa: PLC0415 - 6 s to import

    for name in ("great_expectations", "great_expectations._docs_decorators",
                 "great_expectations.data_context.types.base"):  # fmt: skip
        logging.getLogger(name).setLevel(logging.WARNING)
    return great_expectations


def _validate(suite: Suite, query: str) -> list[Any]:
    gx = _library()
    from great_expectations.core.expectation_suite import ExpectationSuite  # noqa: PLC0415
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_postgres("warehouse", connection_string=_url(suite.gate))
    asset = source.add_query_asset(suite.dataset, query=query)
    batch = asset.add_batch_definition_whole_table("batch")
    loaded = context.suites.add(ExpectationSuite(**json.loads(json.dumps(suite.as_json()))))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=suite.dataset, data=batch, suite=loaded)
    )
    result_format: dict[str, Any] = {
        "result_format": "SUMMARY",
        "partial_unexpected_count": FAILURES_KEPT,
    }
    if suite.key:
        result_format["unexpected_index_column_names"] = list(suite.key)
    done = definition.run(result_format=result_format)
    source.get_engine().dispose()
    return list(done.results)


ROLE: dict[Gate, str] = {
    "raw": "ingest", "marts": "transform", "publish": "publisher", "settle": "poster",
}  # fmt: skip
"""The role that each gate works in."""


def _url(gate: Gate) -> str:
    # SQLAlchemy takes a bare postgresql:// for whatever driver is its default
    rest = database_url().split("://", 1)[1]
    mark = "&" if "?" in rest else "?"
    return f"postgresql+psycopg://{rest}{mark}options={quote(f'-c role={ROLE[gate]}')}"


def _failing_rows(
    connection: psycopg.Connection[Any], template: str, query: str
) -> list[dict[str, Any]]:
    text = template.replace("{batch}", f"({query}) as batch")
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        cursor.execute(text)  # type: ignore[call-overload]
        return cursor.fetchmany(FAILURES_KEPT)


def record(connection: psycopg.Connection[Any], result: GateResult, batch_id: int | None) -> int:
    """Write down what a gate found, and raise an alert when it blocked; returns the run's id."""
    found = connection.execute(
        "insert into ctl.gate_run (gate, dataset, batch_id, outcome, rows_checked) "
        "values (%s, %s, %s, %s, %s) returning gate_run_id",
        (result.gate, result.dataset, batch_id, result.outcome, result.rows),
    ).fetchone()
    assert found is not None  # noqa: S101 - an insert returns its row
    run_id = int(found[0])
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ctl.gate_check (gate_run_id, check_name, severity, passed, failing_rows, "
            "protects, detail) values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (run_id, c.name, "block" if c.blocks else "warn", c.passed, c.failing_rows,
                 c.protects, c.detail)
                for c in result.checks
            ],
        )  # fmt: skip
        cursor.executemany(
            "insert into ctl.gate_failure (gate_run_id, check_name, failing_key) "
            "values (%s, %s, %s)",
            [
                (run_id, c.name, Json(row, dumps=lambda v: json.dumps(v, default=str)))
                for c in result.checks
                for row in c.failures
            ],
        )
    if result.outcome == "blocked":
        connection.execute(
            "insert into ctl.outbox (dedup_key, kind, severity, subject, body) "
            "values (%s, 'gate_failed', 'critical', %s, %s) on conflict do nothing",
            (
                f"gate_failed:{result.gate}:{result.dataset}:{batch_id or run_id}",
                f"Gate {result.gate} blocked {result.dataset}: {result.reasons}"[:500],
                Json({"gate_run_id": run_id, "batch_id": batch_id, "reasons": result.reasons}),
            ),
        )
    return run_id


def literal(values: list[int]) -> str:
    """Submission ids as an array literal for a query."""
    return sql.Literal(values).as_string(None)
