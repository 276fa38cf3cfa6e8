"""Cover, age, turnover and dead stock."""

from typing import Any

import altair as alt

from chip_channel.report import targets
from chip_channel.report.charts import INK, Spec, bars_against, finished, heatmap, plain, say
from chip_channel.report.queries import inventory
from chip_channel.report.reading import Reader, Row
from chip_channel.report.sections.section import Section
from chip_channel.report.words import REASONS, Text

BUCKETS = ("0–30", "31–90", "91–180", "181–365", "> 365", "?")
"""Days since receipt; the last could not be told."""
_DEALER = alt.Tooltip("dealer_id:N", title=say("dealer", "经销商"))


def _weeks(rows: list[Row]) -> Spec:
    low, high = targets.WEEKS_OF_SUPPLY
    return heatmap(
        rows,
        alt.X("family:N", title=None, axis=alt.Axis(orient="top", labelAngle=-35, ticks=False,
                                                    domain=False)),
        alt.Color(
            "weeks:Q", title=say("weeks of supply", "库存周数"),
            scale=alt.Scale(type="threshold", domain=[low / 2, low, high, 2 * high],
                            range=["#e59a8f", "#f6d9d0", "#e4eee7", "#d3e2ee", "#93b8d6"]),
            legend=alt.Legend(format="~g", gradientLength=220),
        ),
        "datum.weeks === null ? '∞' : format(datum.weeks, datum.weeks < 99.5 ? '.1f' : '.0f')",
        [
            _DEALER, alt.Tooltip("family:N", title=say("family", "产品系列")),
            alt.Tooltip("weeks:Q", title=say("weeks", "周"), format=".1f"),
            alt.Tooltip("on_hand:Q", title=say("on hand, pieces", "在库（颗）"), format=",.0f"),
            alt.Tooltip("weekly:Q", title=say("sold a week, pieces", "周均销量（颗）"),
                        format=",.0f"),
        ],
    )  # fmt: skip


def _ageing(rows: list[Row]) -> Spec:
    worded = [
        {**row, "days": BUCKETS[row["bucket"]], "order": row["bucket"]}
        for row in rows
        if row["pieces"]
    ]
    there = [b for b in BUCKETS if any(row["days"] == b for row in worded)]
    colours = dict(
        zip(
            BUCKETS, ("#cfe0ec", "#9cc0da", "#5f95bd", "#e0a458", "#b8554a", "#c8cdd1"), strict=True
        )
    )
    chart = alt.Chart(plain(worded)).mark_bar(height=17, stroke="white", strokeWidth=0.5).encode(
        y=alt.Y("dealer_id:N", title=None, axis=alt.Axis(ticks=False, domain=False)),
        x=alt.X("share:Q", stack="zero", title=None, scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", tickCount=5)),
        order=alt.Order("order:Q"),
        color=alt.Color("days:N", title=say("days since receipt", "入库天数"),
                        scale=alt.Scale(domain=there, range=[colours[b] for b in there])),
        tooltip=[
            _DEALER, alt.Tooltip("days:N", title=say("days", "天数")),
            alt.Tooltip("pieces:Q", title=say("pieces", "颗"), format=",.0f"),
            alt.Tooltip("share:Q", title=say("share", "占比"), format=".1%"),
        ],
    )  # fmt: skip
    return finished(chart, 26 * len({row["dealer_id"] for row in worded}))


def _turnover(rows: list[Row]) -> Spec:
    base = alt.Chart(plain(rows)).encode(
        y=alt.Y("dealer_id:N", title=None, axis=alt.Axis(grid=True, ticks=False, domain=False)),
        x=alt.X("turnover:Q", title=say("times a year", "次 / 年"), scale=alt.Scale(zero=True)),
        tooltip=[
            _DEALER, alt.Tooltip("slice:O", title=say("month", "月份")),
            alt.Tooltip("turnover:Q", title=say("turnover", "周转率"), format=".2f"),
            alt.Tooltip("parts_told:Q", title=say("parts with a cost", "有成本价的料号")),
            alt.Tooltip("parts:Q", title=say("parts", "料号")),
        ],
    )  # fmt: skip
    path = base.mark_line(color="#b9c3ca", strokeWidth=2).encode(
        detail="dealer_id:N", order="slice:O"
    )
    dots = base.mark_circle(size=95, opacity=1).encode(
        color=alt.condition(
            f"datum.turnover < {targets.TURNOVER}", alt.value("#c8665d"), alt.value("#2c7a51")
        ),
        opacity=alt.condition("datum.age == 0", alt.value(1), alt.value(0.28)),
    )
    newest = base.transform_filter("datum.age == 0").mark_text(dy=-10, fontSize=11).encode(
        text=alt.Text("turnover:Q", format=".1f")
    )  # fmt: skip
    target = alt.Chart(alt.Data(values=[{"target": targets.TURNOVER}])).mark_rule(
        color=INK, strokeDash=[4, 3]
    ).encode(x="target:Q")  # fmt: skip
    dealers = len({row["dealer_id"] for row in rows})
    return finished(alt.layer(path, dots, newest, target), 28 * dealers + 10)


def _dead(rows: list[Row], name: str) -> Spec:
    return bars_against(
        rows, targets.DEAD_SHARE,
        [
            alt.Tooltip("name:N", title=name),
            alt.Tooltip("share:Q", title=say("dead share", "呆滞占比"), format=".1%"),
            alt.Tooltip("dead_value:Q", title=say("dead value", "呆滞金额"), format=",.0f"),
            alt.Tooltip("stock_value:Q", title=say("stock value", "库存金额"), format=",.0f"),
        ],
    )  # fmt: skip


def _build(db: Reader) -> dict[str, Any]:
    weeks, ageing = inventory.weeks_by_family(db), inventory.ageing(db)
    turnover = inventory.turnover_by_month(db)
    by_dealer, by_family = inventory.dead_by_dealer(db), inventory.dead_by_family(db)
    charts = {
        "weeks": _weeks(weeks) if weeks else None,
        "ageing": _ageing(ageing) if ageing else None,
        "turnover": _turnover(turnover) if turnover else None,
        "dead-dealer": _dead(by_dealer, say("dealer", "经销商")) if by_dealer else None,
        "dead-family": _dead(by_family, say("family", "产品系列")) if by_family else None,
    }
    return {
        "charts": {name: spec for name, spec in charts.items() if spec},
        "without_turnover": inventory.without_turnover(db),
        "in_part": [r for r in turnover if r["age"] == 0 and r["parts_told"] < 0.9 * r["parts"]],
        "reasons": REASONS,
        "dead_parts": inventory.top_dead_parts(db),
        "running_out": inventory.running_out(db),
        "targets": targets,
    }


SECTION = Section("inventory", Text("Inventory", "库存"), _build)
