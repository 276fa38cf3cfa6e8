"""Charts: Altair's specifications with one look, in both languages, drawn by the page itself.

The Vega libraries stand in the page once. A text in a chart is `say(en, zh)`; the page takes the
half of its language before it draws.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import altair as alt
import vl_convert

from chip_channel.report.reading import Row

Spec = dict[str, Any]
BETWEEN = "¦"
"""Between the two languages of a text; occurs in no label of its own."""
INK, MUTED, RULE = "#1f2a33", "#5a6772", "#d9dfe3"
BLUE, GREEN, AMBER, RED = "#1b5f8c", "#2c7a51", "#b06f12", "#b3332a"
_FONT = (
    "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', "
    "'Microsoft YaHei', sans-serif"
)
_CONFIG: dict[str, Any] = {
    "font": _FONT,
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK, "titleColor": MUTED, "titleFontWeight": "normal", "labelFontSize": 12,
        "titleFontSize": 12, "gridColor": "#e8ecef", "domainColor": RULE, "tickColor": RULE,
        "labelLimit": 160,
    },
    "legend": {
        "labelColor": INK, "titleColor": MUTED, "titleFontWeight": "normal", "labelFontSize": 12,
        "titleFontSize": 12, "orient": "top", "symbolType": "square", "titleLimit": 400,
    },
    "text": {"color": INK, "fontSize": 12},
}  # fmt: skip


@cache
def libraries() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script that needs no network (about 0.9 MB)."""
    return str(
        vl_convert.javascript_bundle(
            "window.vegaEmbed = vegaEmbed;", alt.SCHEMA_VERSION.removeprefix("v")[:3]
        )
    )


def say(en: str, zh: str) -> str:
    """A text in both languages."""
    return f"{en}{BETWEEN}{zh}"


def plain(rows: Iterable[Row]) -> alt.Data:
    """Rows as JSON knows them: months as 2026-03, decimals as numbers."""
    return alt.Data(values=[{k: _plain(v) for k, v in row.items()} for row in rows])


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return round(float(value), 6)
    return f"{value:%Y-%m}" if isinstance(value, date) else value


def finished(chart: Any, height: int) -> Spec:
    """The specification, as wide as its place in the page; `height` in pixels."""
    made: Spec = chart.properties(width="container", height=height).configure(**_CONFIG).to_dict()
    # the page has the libraries already, and may not load anything
    made.pop("$schema", None)
    return made


def heatmap(
    rows: Sequence[Row], x: alt.X, colour: alt.Color, label: str, tooltip: list[alt.Tooltip]
) -> Spec:
    """Dealers down, `x` across, the value in each cell; `label` is a Vega expression of `datum`."""
    base = alt.Chart(plain(rows)).encode(
        x=x, y=alt.Y("dealer_id:N", title=None, axis=alt.Axis(ticks=False, domain=False)),
        tooltip=tooltip,
    )  # fmt: skip
    cells = base.mark_rect(stroke="white", strokeWidth=2, cornerRadius=3).encode(color=colour)
    words = base.transform_calculate(cell_text=label).mark_text(fontSize=11.5).encode(
        text="cell_text:N"
    )  # fmt: skip
    dealers = len({row["dealer_id"] for row in rows})
    return finished(alt.layer(cells, words), 28 * dealers)


def bars_against(rows: Sequence[Row], limit: float, tooltip: list[alt.Tooltip]) -> Spec:
    """Shares (`share`, 0 to 1) by `name`, in their order, red above a limit that is drawn."""
    base = alt.Chart(plain(rows))
    bars = base.mark_bar(cornerRadiusEnd=2, height=15).encode(
        x=alt.X("share:Q", title=None, axis=alt.Axis(format=".0%", tickCount=5)),
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(ticks=False, domain=False)),
        color=alt.condition(f"datum.share > {limit}", alt.value("#c8665d"), alt.value("#7fa8c4")),
        tooltip=tooltip,
    )
    words = base.mark_text(align="left", dx=5, fontSize=11.5).encode(
        x="share:Q", y=alt.Y("name:N", sort=None), text=alt.Text("share:Q", format=".1%")
    )
    line = alt.Chart(alt.Data(values=[{"limit": limit}])).mark_rule(
        color=INK, strokeDash=[4, 3]
    ).encode(x="limit:Q")  # fmt: skip
    return finished(alt.layer(line, bars, words), 25 * len(rows))
