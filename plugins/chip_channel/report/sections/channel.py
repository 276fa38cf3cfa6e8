"""The channel: scorecards, structure, demand, orders, reconciliation, suspicions, prices.

A further part is one template in `templates/sections/channel/`, one line in `PARTS`, and its
variables in `_build`.
"""

from datetime import date
from typing import Any

import altair as alt

from chip_channel.report import targets, words
from chip_channel.report.charts import AMBER, BLUE, INK, Spec, finished, heatmap, plain, say
from chip_channel.report.queries import channel, demand, diversion, orders
from chip_channel.report.reading import Reader, Row
from chip_channel.report.sections.section import Section
from chip_channel.report.words import Text

PARTS = (
    ("scorecard", Text("Scorecard", "健康度")),
    ("structure", Text("Structure", "渠道结构")),
    ("demand", Text("Demand map", "需求热力图")),
    ("orders", Text("Orders", "订单履约")),
    ("reconciliation", Text("Reconciliation", "对账")),
    ("suspicions", Text("Suspicions", "窜货嫌疑")),
    ("prices", Text("Prices", "价格红线")),
)
"""In reading order; enablement and quality feedback take their place at the end."""
SCORED = (
    ("report_quality", "report_quality", "mart_report_quality"),
    ("turnover", "turnover", "mart_inventory_health"),
    ("dead_stock", "dead_share", "mart_inventory_health"),
    ("on_time_orders", "on_time_share", "mart_order_sla"),
    ("diversion", "diversion_score", "mart_diversion"),
    ("load_in", "load_in_ratio", "fct_sell_in, fct_pos"),
    ("reconciliation", "unmatched_share", "mart_reconciliation"),
)
"""Parts of a score: name, what was measured, and the mart that says so."""
SUSPECTS, WATCHED, WATCH_MONTHS = 30, 20, 3
_MONTH = alt.Tooltip("slice:O", title=say("month", "月份"))


def _scores(rows: list[Row]) -> Spec:
    worded = [
        {"dealer_id": row["dealer_id"], "slice": row["slice"], "points": 100 * row["score"],
         "change": None if row["score_change"] is None else 100 * row["score_change"],
         "moved": " · ".join(words.tell(words.PARTS, row["moved_by"]))}
        for row in rows
    ]  # fmt: skip
    return heatmap(
        worded,
        alt.X("slice:O", title=None, axis=alt.Axis(orient="top", labelAngle=0, ticks=False,
                                                   domain=False, labelOverlap="greedy")),
        alt.Color(
            "points:Q", title=say("score, 0 to 100", "健康度（0–100）"),
            scale=alt.Scale(type="threshold", domain=[55, 65, 75, 85],
                            range=["#e59a8f", "#f3cfa3", "#f5ecd2", "#e4eee7", "#b9d9c6"]),
            legend=alt.Legend(format="~g", gradientLength=220),
        ),
        "format(datum.points, '.0f')",
        [
            alt.Tooltip("dealer_id:N", title=say("dealer", "经销商")), _MONTH,
            alt.Tooltip("points:Q", title=say("score", "健康度"), format=".1f"),
            alt.Tooltip("change:Q", title=say("change", "变动"), format="+.1f"),
            alt.Tooltip("moved:N", title=say("moved most by", "主要变动项")),
        ],
    )  # fmt: skip


def _roles(rows: list[Row]) -> Spec:
    names = {role: f"{w.en} · {w.zh}" for role, w in words.ROLES.items()}
    parts = [
        {"slice": row["slice"], "role": names[role], "order": i, "share": row[f"{role}_share"]}
        for row in rows
        for i, role in enumerate(names)
        if row[f"{role}_share"] is not None
    ]
    bars = alt.Chart(plain(parts)).mark_bar(stroke="white", strokeWidth=0.5).encode(
        x=alt.X("slice:O", title=None, axis=alt.Axis(labelAngle=-45, ticks=False)),
        y=alt.Y("share:Q", stack="zero", title=None, axis=alt.Axis(format=".0%", tickCount=5)),
        order=alt.Order("order:Q"),
        color=alt.Color("role:N", title=None,
                        scale=alt.Scale(domain=list(names.values()),
                                        range=["#1b5f8c", "#7fa8c4", "#e0a458"])),
        tooltip=[_MONTH, alt.Tooltip("role:N", title=say("role", "角色")),
                 alt.Tooltip("share:Q", title=say("share", "占比"), format=".1%")],
    )  # fmt: skip
    return finished(bars, 250)


def _hours(rows: list[Row]) -> Spec:
    """Hours to accept by month, against where it began and where it should end."""
    drawn = ("slice", "lines", "mean_hours", "median_hours", "p90_hours")
    told = [{k: row[k] for k in drawn} for row in rows if row["accepted_lines"]]
    base = alt.Chart(plain(told)).encode(
        x=alt.X("slice:O", title=None, axis=alt.Axis(labelAngle=-45, ticks=False)),
        tooltip=[
            _MONTH, alt.Tooltip("lines:Q", title=say("order lines", "订单行"), format=",.0f"),
            alt.Tooltip("mean_hours:Q", title=say("mean hours", "平均（小时）"), format=".1f"),
            alt.Tooltip("median_hours:Q", title=say("median hours", "中位数（小时）"), format=".1f"),
            alt.Tooltip("p90_hours:Q", title=say("90 % within", "90 % 分位（小时）"), format=".1f"),
        ],
    )  # fmt: skip
    y = alt.Y("p90_hours:Q", title=say("hours from entry to acceptance", "录入至接单（小时）"),
              scale=alt.Scale(domainMin=0))  # fmt: skip
    area = base.mark_area(color=BLUE, opacity=0.12).encode(y=y)
    mean = base.mark_line(color=BLUE, strokeDash=[3, 3]).encode(y="mean_hours:Q")
    median = base.mark_line(color=BLUE, point=True, strokeWidth=2.5).encode(y="median_hours:Q")
    marks = [
        {"hours": targets.ACCEPTED_HOURS_BEFORE, "says": f"{targets.ACCEPTED_HOURS_BEFORE:.0f} h"},
        {"hours": targets.ACCEPTED_HOURS, "says": f"{targets.ACCEPTED_HOURS:.0f} h"},
    ]
    aims = alt.Chart(alt.Data(values=marks)).encode(y="hours:Q")
    rules = aims.mark_rule(color=AMBER, strokeDash=[5, 4])
    labels = aims.mark_text(align="left", dx=4, dy=-7, color=INK).encode(
        text="says:N", x=alt.value(0)
    )
    return finished(alt.layer(rules, labels, area, mean, median), 250)


def _in_time(rows: list[Row]) -> Spec:
    drawn = ("slice", "lines", "judged_lines", "on_time_share")
    told = [{k: row[k] for k in drawn} for row in rows if row["judged_lines"]]
    base = alt.Chart(plain(told)).encode(
        x=alt.X("slice:O", title=None, axis=alt.Axis(labelAngle=-45, ticks=False)),
        y=alt.Y("on_time_share:Q", title=say("on time in full", "准时足量"),
                scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", tickCount=5)),
        tooltip=[
            _MONTH, alt.Tooltip("on_time_share:Q", title=say("on time in full", "准时足量"),
                                format=".1%"),
            alt.Tooltip("judged_lines:Q", title=say("lines judged", "已判定行"), format=",.0f"),
            alt.Tooltip("lines:Q", title=say("order lines", "订单行"), format=",.0f"),
        ],
    )  # fmt: skip
    words_above = base.mark_text(dy=-7, fontSize=11).encode(
        text=alt.Text("on_time_share:Q", format=".0%")
    )
    return finished(alt.layer(base.mark_bar(color="#7fa8c4"), words_above), 250)


def _suspicions(rows: list[Row]) -> Spec:
    names = {key: f"{w.en} · {w.zh}" for key, w in words.SUSPICION_LEVELS.items()}
    worded = [{**row, "level": names.get(row["level"], row["level"])} for row in rows]
    bars = alt.Chart(plain(worded)).mark_bar().encode(
        x=alt.X("slice:O", title=None, axis=alt.Axis(labelAngle=0, ticks=False)),
        y=alt.Y("cells:Q", title=say("dealer × part × region", "经销商 × 料号 × 地区"),
                axis=alt.Axis(tickMinStep=1)),
        color=alt.Color("level:N", title=None,
                        scale=alt.Scale(domain=list(names.values()), range=["#c8665d", "#f3cfa3"])),
        tooltip=[_MONTH, alt.Tooltip("level:N", title=say("level", "级别")),
                 alt.Tooltip("cells:Q", title=say("suspicions", "嫌疑数"))],
    )  # fmt: skip
    return finished(bars, 160)


def tree(cells: list[Row], weeks: list[date]) -> list[dict[str, Any]]:
    """The map's lines: a place of the tree, its cells by week, and the newest that is shown."""
    lines: dict[tuple[str, ...], dict[str, Any]] = {}
    for cell in cells:
        key = tuple(cell[level] for level in demand.LEVELS)
        depth = demand.LEVELS.index(cell["cell_level"])
        line = lines.setdefault(
            key, {"depth": depth, "level": cell["cell_level"], "name": cell[cell["cell_level"]],
                  "path": " › ".join(key[: depth + 1]), "cells": dict.fromkeys(weeks),
                  "newest": None},
        )  # fmt: skip
        line["cells"][cell["week"]] = cell
        if not cell["is_suppressed"]:
            line["newest"] = cell
    return list(lines.values())


def heat(index: Any) -> str:
    """Class of a cell by its demand index."""
    if index is None:
        return "h"
    return "h" + str(sum(float(index) > limit for limit in (60, 80, 95, 105, 125, 160)))


def _build(db: Reader) -> dict[str, Any]:
    scores, structure = channel.scores(db), channel.structure(db)
    served = orders.months(db, targets.ACCEPTED_HOURS)
    counts, weeks = diversion.counts(db), demand.weeks(db)
    charts = {
        "scores": _scores(scores) if scores else None,
        "roles": _roles(structure[::-1]) if structure else None,
        "hours": _hours(served[::-1]) if any(r["accepted_lines"] for r in served) else None,
        "in-time": _in_time(served[::-1]) if any(r["judged_lines"] for r in served) else None,
        "suspicions": _suspicions(counts) if counts else None,
    }
    return {
        "charts": {name: spec for name, spec in charts.items() if spec},
        "channel_parts": PARTS, "scored": SCORED, "words": words, "targets": targets,
        "scorecard": channel.scorecard(db),
        "structure": structure,
        "weeks": weeks,
        "heat": heat,
        "map": tree(demand.cells(db, weeks[0]), weeks) if weeks else [],
        "withheld": demand.withheld(db, weeks[0]) if weeks else [],
        "served": served,
        "in_trouble": orders.in_trouble(db),
        "legs": channel.legs(db),
        "differences": channel.differences(db),
        "suspects": diversion.suspicions(db, "suspect", SUSPECTS),
        "watched": diversion.suspicions(db, "watch", WATCHED, WATCH_MONTHS),
        "watch_months": WATCH_MONTHS,
        "price_checks": channel.price_checks(db),
        "price_lines": channel.price_lines(db),
    }  # fmt: skip


SECTION = Section("channel", Text("Channel", "渠道"), _build)
