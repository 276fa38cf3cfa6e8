"""The whole of what happened, as the canonical lines of all reports, planted cases included."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from chip_channel.world import (
    claims,
    diversion,
    enablement,
    feedback,
    forecast,
    lines,
    orders,
    vendor,
)
from chip_channel.world.flows import Flows
from chip_channel.world.instants import Document, monthly
from chip_channel.world.lines import HELPERS, Spa
from chip_channel.world.traces import with_traces

TOLD_AGAIN = {  # deltas whose lines come again when more is known: their keys
    "sell_in": ["shipment_no", "line_no"], "enablement_event": ["event_id"],
    "complaint": ["event_id"],
}  # fmt: skip


@dataclass(frozen=True)
class Channel:
    """Canonical lines by report: the dealers' by dealer, the vendor's as documents."""

    dealers: list[dict[str, pl.DataFrame]]  # report -> lines; in the order of the spec
    vendor: dict[str, list[Document]]
    cases: list[diversion.Case]
    sell_in: pl.DataFrame
    truth: dict[str, pl.DataFrame]


def channel(flows: Flows, spas: list[Spa]) -> Channel:
    """Make all lines of all reports."""
    spec = flows.spec
    sell_in = lines.sell_in(flows)
    pos = [
        with_traces(flows, i, lines.pos(flows, i, spas), sell_in) for i in range(len(spec.dealers))
    ]
    pos = [claims.use_up(flows, i, frame, spas) for i, frame in enumerate(pos)]
    planter = diversion.Planter(flows, pos, sell_in, spas)
    cases, pos = planter.plant(), planter.frames

    transit = lines.in_transit(flows)
    dealers, faults = [], []
    for i, dealer in enumerate(spec.dealers):
        mine = {"pos": pos[i].drop(HELPERS), "stock": lines.stock(flows, i, transit)}
        if dealer.dealer_id in claims.CLAIMANTS and any(s.dealer == i for s in spas):
            mine["claim"], wrong = claims.claims(flows, i, pos[i], spas)
            faults.append(wrong.drop("row"))
            cases += diversion.reversed_too(cases, dealer.dealer_id, i, pos[i], wrong)
        if dealer.dealer_id in forecast.BIAS:
            mine["dealer_forecast"] = forecast.forecasts(flows, i)
        dealers.append(mine)

    table = orders.order_lines(flows)
    events, logistics_faults = orders.logistics(flows, table)
    failures, bad_lots = feedback.quality(flows, pos, cases, sell_in)
    shown = diversion.table(flows, cases, pos, sell_in)
    frames = {
        "orders": orders.orders(flows, table),
        "logistics_event": events,
        "return": orders.returns(flows),
        "certification": enablement.certifications(spec),
        "enablement_event": enablement.events(flows),
        "quality_feedback": failures,
        "complaint": feedback.complaints(flows, shown),
    }
    documents = vendor.documents(flows, spas) | {
        report: monthly(spec, report, frame, 3 + k)
        for k, (report, frame) in enumerate(frames.items())
    }
    known = {
        "order_line": orders.order_truth(flows, table),
        "logistics_fault": logistics_faults,
        "support": enablement.support(flows),
        "bad_lot": bad_lots,
        "forecast_bias": forecast.forecast_bias(),
    }
    if faults:
        known["claim_fault"] = pl.concat(faults)
    return Channel(dealers, documents, cases, sell_in, known)
