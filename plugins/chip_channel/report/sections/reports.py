"""Who sent what, when, and how clean."""

from datetime import date
from typing import Any

import altair as alt

from chip_channel.intake.codes import codes
from chip_channel.report.charts import BLUE, MUTED, RED, Spec, finished, plain, say
from chip_channel.report.queries import reports
from chip_channel.report.reading import Reader, Row
from chip_channel.report.sections.section import Section
from chip_channel.report.words import Text

LOWEST = 3
"""Dealers that the score's chart names; the others stay grey."""


def cell(row: Row | None, refusal: Row | None) -> dict[str, Any]:
    """State of one report: what the matrix shows for a dealer and a month."""
    mended = refusal["codes"] if refusal else None
    if row is None:
        return {"state": "refused" if refusal else "none", "codes": mended}
    if row["reported_on"] is None:
        return {"state": "refused" if refusal else "missing", "codes": mended, **row}
    return {"state": "late" if row["business_days_late"] else "on_time", "codes": mended, **row}


def matrix(timeliness: list[Row], refusals: list[Row], report: str) -> dict[str, Any]:
    """Dealer × month of one report: `months`, and `dealers` as (dealer_id, cells)."""
    rows = {(r["dealer_id"], r["slice"]): r for r in timeliness if r["report"] == report}
    refused = {(r["dealer_id"], r["slice"]): r for r in refusals if r["report"] == report}
    months: list[date] = sorted({r["slice"] for r in timeliness})
    dealers = sorted({r["dealer_id"] for r in timeliness})
    return {
        "report": report,
        "months": months,
        "dealers": [
            (d, [cell(rows.get((d, m)), refused.get((d, m))) for m in months]) for d in dealers
        ],
    }


def _score(rows: list[Row]) -> Spec:
    lowest = [r["dealer_id"] for r in sorted(rows, key=lambda r: r["standing"])]
    named = list(dict.fromkeys(lowest))[:LOWEST]
    base = alt.Chart(plain(rows)).encode(
        x=alt.X("slice:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy")),
        y=alt.Y("score:Q", title=None, scale=alt.Scale(zero=False, nice=True),
                axis=alt.Axis(format=".0%", tickCount=5)),
        detail="dealer_id:N",
        tooltip=[
            alt.Tooltip("dealer_id:N", title=say("dealer", "经销商")),
            alt.Tooltip("slice:O", title=say("month", "月份")),
            alt.Tooltip("score:Q", title=say("score", "评分"), format=".1%"),
        ],
    )  # fmt: skip
    others = base.mark_line(color="#c5cdd3", strokeWidth=1.2)
    worst = base.transform_filter(alt.FieldOneOfPredicate("dealer_id", named)).mark_line(
        strokeWidth=2.4, point=alt.OverlayMarkDef(size=26)
    ).encode(
        color=alt.Color(
            "dealer_id:N", scale=alt.Scale(domain=named, range=[RED, BLUE, "#8a6d1b"][:len(named)]),
            legend=alt.Legend(title=say("lowest now", "当前最低"), symbolType="stroke",
                              titleColor=MUTED),
        )
    )  # fmt: skip
    return finished(alt.layer(others, worst), 340)


def _by_dealer(db: Reader) -> list[dict[str, Any]]:
    quality = {r["dealer_id"]: r for r in reports.quality_by_dealer(db)}
    held = {r["dealer_id"]: r["lines_held"] for r in reports.held_by_dealer(db)}
    blank = dict.fromkeys(
        ("slice", "score", "timeliness", "completeness", "accuracy", "consistency")
    )
    return [
        blank | quality.get(r["dealer_id"], {}) | r | {"lines_held": held.get(r["dealer_id"], 0)}
        for r in reports.lines_by_dealer(db)
    ]


def _build(db: Reader) -> dict[str, Any]:
    timeliness, refusals = reports.timeliness(db), reports.refusals_by_month(db)
    scores = reports.score_by_month(db)
    reasons = reports.lines_by_reason(db) + reports.held_by_reason(db)
    return {
        "matrices": [matrix(timeliness, refusals, r) for r in ("pos", "stock")],
        # what was not loaded first
        "reasons": sorted(reasons, key=lambda r: (r["fate"] == "warn", -r["lines"])),
        "most_lines": max((r["lines"] for r in reasons if r["fate"] != "warn"), default=1),
        "dealers": _by_dealer(db),
        "submissions": reports.submissions(db),
        "refused": reports.refused(db),
        "codes": codes(),
        "charts": {"score": _score(scores)} if scores else {},
    }


SECTION = Section("reports", Text("State of the reports", "报送状况"), _build)
