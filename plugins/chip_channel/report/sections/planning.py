"""What to order, what will run out, what lies dead, and how sure the forecasts are."""

from typing import Any

import altair as alt

from chip_channel.report.charts import AMBER, BLUE, Spec, finished, plain, say
from chip_channel.report.queries import planning
from chip_channel.report.reading import Reader, Row
from chip_channel.report.sections.section import Section
from chip_channel.report.words import Text


def _fans(rows: list[Row]) -> Spec:
    names = list(dict.fromkeys(row["series"] for row in rows))
    pick = alt.param(
        name="series", value=names[0],
        bind=alt.binding_select(options=names, name=say("Dealer and part ", "经销商与料号 ")),
    )  # fmt: skip
    base = (
        alt.Chart(plain(rows))
        .transform_filter("datum.series === series")
        .encode(x=alt.X("week:T", title=None))
    )
    sold = base.mark_line(color=BLUE, interpolate="step-after").encode(
        y=alt.Y("qty:Q", title=say("pieces a week", "每周颗数")),
        tooltip=[alt.Tooltip("week:T", title=say("week", "周")),
                 alt.Tooltip("qty:Q", title=say("sold", "已售"), format=",.0f")],
    )  # fmt: skip
    fan = base.mark_area(color=AMBER, opacity=0.25).encode(y="p10_qty:Q", y2="p90_qty:Q")
    middle = base.mark_line(color=AMBER).encode(
        y="p50_qty:Q",
        tooltip=[alt.Tooltip("week:T", title=say("week", "周")),
                 *(alt.Tooltip(f"p{q}_qty:Q", title=f"p{q}", format=",.0f") for q in (10, 50, 90))],
    )  # fmt: skip
    return finished(alt.layer(fan, middle, sold).add_params(pick), 260)


def _bars(rows: list[Row]) -> Spec:
    """Turnover of each policy at equal fill; ours stand out."""
    base = alt.Chart(plain(rows)).encode(
        x=alt.X("turnover:Q", title=say("turnover, times a year", "年周转次数")),
        y=alt.Y("policy:N", title=None, sort=None, axis=alt.Axis(ticks=False, domain=False)),
    )
    ours = alt.FieldOneOfPredicate(field="policy", oneOf=["dynamic", "quantile"])
    bars = base.mark_bar(cornerRadiusEnd=2, height=15).encode(
        color=alt.condition(ours, alt.value(BLUE), alt.value("#b9c4cc"))
    )
    words = base.mark_text(align="left", dx=5).encode(text=alt.Text("turnover:Q", format=".2f"))
    return finished(alt.layer(bars, words), 25 * len(rows))


def _build(db: Reader) -> dict[str, Any]:
    fans, tested = planning.fans(db), planning.backtest(db)
    # perfect foresight would dwarf the others: it stands in the table
    bars = [r for r in tested
            if r["demand_class"] == "all" and r["reached"] and r["policy"] != "foresight"]  # fmt: skip
    charts = {"fan": _fans(fans)} if fans else {}
    if bars:
        charts["turnover"] = _bars(bars)
    return {
        "charts": charts,
        "backtest": tested,
        "policies": planning.policies(db),
        "orders": planning.orders(db),
        "alerts": planning.alerts(db),
        "running_out": planning.running_out(db),
        "transfers": planning.transfers(db),
        "accuracy": planning.accuracy(db),
    }


SECTION = Section("planning", Text("Planning", "计划与补货"), _build)
