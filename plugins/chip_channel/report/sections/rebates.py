"""What is owed to dealers, what is settled, and why each statement pays what it pays."""

from typing import Any

import altair as alt

from chip_channel.report.charts import Spec, finished, plain, say
from chip_channel.report.queries import rebates
from chip_channel.report.reading import Reader, Row
from chip_channel.report.sections.section import Section
from chip_channel.report.words import (
    BOUNDS,
    CAUSES,
    CLAIM_OUTCOMES,
    CLAIM_REASONS,
    COMPONENTS,
    INELIGIBLE,
    STATES,
    UNITS,
    Text,
)
from chip_channel.settings import settings


def _months(rows: list[Row]) -> Spec:
    money = settings().vendor_currency
    bars = (
        alt.Chart(plain(rows))
        .mark_bar()
        .encode(
            x=alt.X("month:O", title=None),
            y=alt.Y("accrued:Q", title=say(f"accrued, {money}", f"计提，{money}")),
            color=alt.Color("programme:N", title=say("programme", "返利方案")),
            tooltip=[
                alt.Tooltip("month:O", title=say("month", "月份")),
                alt.Tooltip("programme:N", title=say("programme", "返利方案")),
                alt.Tooltip("accrued:Q", title=say("accrued", "计提"), format=",.2f"),
            ],
        )
    )
    return finished(bars, 240)


def _build(db: Reader) -> dict[str, Any]:
    months = rebates.accrued(db)
    return {
        "charts": {"accrued": _months(months)} if months else {},
        "owed": rebates.owed(db),
        "near": rebates.near(db),
        "true_ups": rebates.true_ups(db),
        "claims": rebates.claims(db),
        "statements": rebates.statements(db),
        "components": COMPONENTS, "states": STATES, "units": UNITS, "bounds": BOUNDS,
        "ineligible": INELIGIBLE, "causes": CAUSES,
        "claim_outcomes": CLAIM_OUTCOMES, "claim_reasons": CLAIM_REASONS,
    }  # fmt: skip


SECTION = Section("rebates", Text("Rebates", "返利"), _build)
