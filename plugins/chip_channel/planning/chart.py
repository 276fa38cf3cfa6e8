"""A back-test as a picture that works offline."""

from collections.abc import Sequence
from pathlib import Path

import altair as alt

from chip_channel.planning.backtest import ALL, OWN, Row

_OURS, _PEERS, _BOUND = "#1b5f8c", "#b9c4cc", "#2c7a51"


def draw(rows: Sequence[Row], fill: float, path: Path) -> Path:
    """Turnover of every policy per class at equal fill; .html (no network needed), .svg or .png.

    Policies that did not reach the fill are left out. ValueError for another suffix.
    """
    if path.suffix not in (".html", ".svg", ".png"):
        raise ValueError(f"{path}: a chart is .html, .svg or .png")
    values = [
        {
            "policy": row.policy, "group": f"{row.group} ({row.items:,})",
            "turnover": round(row.measures.turnover, 3), "fill": round(row.measures.fill, 4),
            "dead": round(row.measures.dead_share, 4), "kind": _kind(row.policy),
        }
        for row in rows if row.reached and row.policy != "zero"
    ]  # fmt: skip
    order = [f"{r.group} ({r.items:,})" for r in rows if r.group == ALL][:1]
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X("turnover:Q", title="turnover, times a year · 年周转次数"),
        y=alt.Y("policy:N", title=None, sort=[row.policy for row in rows]),
        tooltip=["policy:N", "turnover:Q", "fill:Q", "dead:Q"],
    )
    bars = base.mark_bar(cornerRadiusEnd=2, height=13).encode(
        color=alt.Color(
            "kind:N", title=None,
            scale=alt.Scale(domain=["ours", "peer", "bound"], range=[_OURS, _PEERS, _BOUND]),
        )
    )  # fmt: skip
    words = base.mark_text(align="left", dx=4).encode(text=alt.Text("turnover:Q", format=".2f"))
    chart = (
        alt.layer(bars, words, width=520)
        .facet(row=alt.Row("group:N", title=None, sort=order), data=alt.Data(values=values))
        .resolve_scale(x="independent", y="independent")
        .properties(title=f"Turnover at a fill of {fill:.1%} · 同等满足率下的周转")
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.save(str(path), **({"inline": True} if path.suffix == ".html" else {}))
    return path


def _kind(policy: str) -> str:
    if policy in OWN:
        return "ours"
    return "bound" if policy == "foresight" else "peer"
