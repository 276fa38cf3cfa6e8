"""What is published, whether the newest batch is among it, and the key figures."""

from datetime import UTC, datetime
from typing import Any

from chip_channel.report import targets
from chip_channel.report.queries import gates, inventory, publication, reports
from chip_channel.report.reading import Reader, Row
from chip_channel.report.sections.section import Section
from chip_channel.report.words import Text


def _standing(db: Reader, last: Row | None, newest: Row | None) -> dict[str, Any]:
    """Whether readers see the newest batch; `kind` chooses the banner."""
    if newest is None or (last and newest["batch_id"] == last["batch_id"]):
        return {"kind": "current"}
    if newest["status"] == "blocked":
        return {
            "kind": "blocked", "batch": newest,
            "checks": gates.blocking_checks(db, newest["batch_id"]),
        }  # fmt: skip
    if newest["status"] == "abandoned":
        return {"kind": "failed", "batch": newest}
    return {"kind": "waiting", "batch": newest}


def _build(db: Reader) -> dict[str, Any]:
    last, newest = publication.last(db), publication.newest_batch(db)
    known_on = (last["known_at"] if last else datetime.now(UTC)).date()
    return {
        "last": last,
        "standing": _standing(db, last, newest),
        "held_back": len(gates.blocked_submissions(db)),
        "dates": publication.business_dates(db) if last else [],
        "marts": publication.marts(db),
        "known_on": known_on,
        "turnover": inventory.turnover(db),
        "dead": inventory.dead_share(db),
        "cover": inventory.weeks_of_supply(db),
        "on_time": reports.on_time(db, known_on),
        "lines": publication.line_totals(db),
        "held": publication.lines_held(db),
        "targets": targets,
    }


SECTION = Section("overview", Text("At a glance", "总览"), _build)
