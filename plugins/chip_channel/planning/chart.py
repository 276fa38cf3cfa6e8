"""A back-test as a picture that works offline."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt

from chip_channel.planning.backtest import OWN, Row

_OURS, _PEERS = "#1b5f8c", "#b9c4cc"


def draw(rows: Sequence[Row], fill: float, path: Path) -> Path:
    """Turnover of every policy per class at equal fill; .html (no network needed), .svg or .png.

    Policies that did not reach the fill are left out. ValueError for another suffix.
    """
    if path.suffix not in (".html", ".svg", ".png"):
        raise ValueError(f"{path}: a chart is .html, .svg or .png")
    groups = list(dict.fromkeys(row.group for row in rows))
    chart = alt.vconcat(*(_panel([r for r in rows if r.group == group]) for group in groups))
    chart = chart.properties(title=f"Turnover at a fill of {fill:.1%} · 同等满足率下的周转")
    path.parent.mkdir(parents=True, exist_ok=True)
    more: dict[str, Any] = {"inline": True} if path.suffix == ".html" else {}
    chart.save(str(path), **more)
    return path


def _panel(rows: Sequence[Row]) -> Any:
    """One class; perfect foresight stands in the title, as its bar would dwarf the others."""
    values = [
        {
            "policy": row.policy, "turnover": round(row.measures.turnover, 3),
            "fill": round(row.measures.fill, 4), "dead": round(row.measures.dead_share, 4),
            "kind": "ours" if row.policy in OWN else "peer",
        }
        for row in rows if row.reached and row.policy not in ("zero", "foresight")
    ]  # fmt: skip
    bound = [row.measures.turnover for row in rows if row.policy == "foresight"]
    title = f"{rows[0].group} ({rows[0].items:,})" + "".join(
        f" · perfect foresight · 完全预知: {x:.1f}" for x in bound
    )
    base = alt.Chart(alt.Data(values=values), width=520, title=title).encode(
        x=alt.X("turnover:Q", title="turnover, times a year · 年周转次数"),
        y=alt.Y("policy:N", title=None, sort=None),
        tooltip=["policy:N", "turnover:Q", "fill:Q", "dead:Q"],
    )
    colour = alt.Color(
        "kind:N", title=None, scale=alt.Scale(domain=["ours", "peer"], range=[_OURS, _PEERS])
    )
    bars = base.mark_bar(cornerRadiusEnd=2, height=13).encode(color=colour)
    words = base.mark_text(align="left", dx=4).encode(text=alt.Text("turnover:Q", format=".2f"))
    return alt.layer(bars, words)
