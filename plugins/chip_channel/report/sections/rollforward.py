"""Whether reported stock follows from its movements."""

from typing import Any

import altair as alt

from chip_channel.report.charts import Spec, heatmap, say
from chip_channel.report.queries import rollforward
from chip_channel.report.reading import Reader, Row
from chip_channel.report.sections.section import Section
from chip_channel.report.words import Text


def _gaps(rows: list[Row]) -> Spec:
    return heatmap(
        rows,
        alt.X("slice:O", title=None, axis=alt.Axis(orient="top", labelAngle=0, ticks=False,
                                                   domain=False, labelOverlap="greedy")),
        alt.Color(
            "share:Q", title=say("gaps ÷ throughput", "差异 ÷ 吞吐量"),
            scale=alt.Scale(type="threshold", domain=[0.0005, 0.01, 0.05, 0.1],
                            range=["#e4eee7", "#f5ecd2", "#f3d3a6", "#e8a58f", "#c8665d"]),
            legend=alt.Legend(format="~%", gradientLength=220),
        ),
        "datum.gap_qty === 0 ? '0' : format(datum.share, '.1%')",
        [
            alt.Tooltip("dealer_id:N", title=say("dealer", "经销商")),
            alt.Tooltip("slice:O", title=say("month", "月份")),
            alt.Tooltip("gap_qty:Q", title=say("gaps, pieces", "差异（颗）"), format=",.0f"),
            alt.Tooltip("throughput_qty:Q", title=say("throughput, pieces", "吞吐量（颗）"),
                        format=",.0f"),
            alt.Tooltip("parts_over:Q", title=say("parts above tolerance", "超差料号")),
            alt.Tooltip("parts:Q", title=say("parts", "料号")),
        ],
    )  # fmt: skip


def _build(db: Reader) -> dict[str, Any]:
    gaps = rollforward.gaps_by_month(db)
    return {
        "charts": {"gaps": _gaps(gaps)} if gaps else {},
        "statuses": {r["status"]: r["row_count"] for r in rollforward.statuses(db)},
        "gaps": rollforward.top_gaps(db),
    }


SECTION = Section("rollforward", Text("Roll-forward of stock", "库存滚动核对"), _build)
