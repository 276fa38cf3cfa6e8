"""The quality page: every gate run of the last batches, and what waits for a person."""

from collections import defaultdict
from typing import Any

from chip_channel.report.queries import gates
from chip_channel.report.reading import Reader, Row


def quality(db: Reader) -> dict[str, Any]:
    """Variables of the page: batches and intake, each with its runs, their checks and failures."""
    batches = gates.batches(db)
    runs = gates.runs_of_batches(db, [b["batch_id"] for b in batches])
    intake = gates.intake_runs(db)
    ids = [r["gate_run_id"] for r in runs + intake]
    failures = gates.failures_of_runs(db, ids)
    _name_files(db, failures)
    checks = _checks(gates.checks_of_runs(db, ids), failures)
    by_batch: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for run in runs:
        by_batch[run["batch_id"]].append({**run, "checks": checks[run["gate_run_id"]]})
    return {
        "batches": [{**b, "runs": by_batch[b["batch_id"]]} for b in batches],
        "intake": [{**run, "checks": checks[run["gate_run_id"]]} for run in intake],
        "blocked": gates.blocked_submissions(db),
    }


def _name_files(db: Reader, failures: list[Row]) -> None:
    """Add to each failing line the file that it came in."""
    keys = [
        f["failing_key"] for f in failures if isinstance(f["failing_key"].get("submission_id"), int)
    ]
    found = gates.files(db, list({key["submission_id"] for key in keys}))
    names = {row["submission_id"]: row["file"] for row in found}
    for key in keys:
        key["file"] = names.get(key["submission_id"])


def _checks(checks: list[Row], failures: list[Row]) -> dict[int, list[dict[str, Any]]]:
    """Checks by run, each with its failing rows as a table: `columns` and `rows`."""
    keys: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for failure in failures:
        keys[failure["gate_run_id"], failure["check_name"]].append(failure)
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for check in checks:
        failing = keys[check["gate_run_id"], check["check_name"]]
        columns = list(dict.fromkeys(c for f in failing for c in f["failing_key"]))
        found[check["gate_run_id"]].append({
            **check,
            "kept": failing[0]["kept"] if failing else 0,
            "columns": columns,
            "rows": [[f["failing_key"].get(c) for c in columns] for f in failing],
        })  # fmt: skip
    return found
