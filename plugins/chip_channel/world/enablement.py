"""What makes dealers able: assessments, documents, cases, trainings and field engineers.

A customer that a field engineer has helped pays a margin 1.5 points higher afterwards. Engineers
are sent to large customers first, so that these also buy more often: an association, no effect.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from chip_channel.world.catalogue import NEVER
from chip_channel.world.flows import Flows
from chip_channel.world.instants import instants, month_of, told_again
from chip_channel.world.spec import MAKER, WorldSpec, dates

MARGIN_POINTS = 1.5
TOPICS = ("power tree", "EMC", "start-up sequence", "thermal design", "firmware", "selection")
OVERRIDES = (  # dealer, number of the assessment, tier, reason
    ("elbtal", 1, "gold", "Automotive qualification project under way"),
    ("jinyu", 2, "none", "Suspended until the complaints on diversion are answered"),
    ("yunfan", 0, "silver", "First year as a dealer"),
)
# Technical, capital and focus at the first assessment, and change per half year.
SCORES = {
    "huaxin": (92, 90, 88, 1), "shenda": (88, 91, 86, 0), "hongyuan": (80, 76, 72, 3),
    "tianmu": (64, 70, 52, -1), "lanjing": (66, 58, 63, 2), "qiming": (38, 44, 30, 0),
    "yunfan": (58, 52, 50, 5), "elbtal": (72, 64, 66, 1), "lioncrest": (84, 88, 70, 2),
    "jinyu": (60, 66, 41, -2), "beichen": (78, 80, 74, 0), "changfeng": (70, 74, 69, 1),
}  # fmt: skip


def contact_day(flows: Flows) -> np.ndarray:
    """Day on which a field engineer first solved something, or NEVER: shape (customers,)."""
    spec, first = flows.spec, flows.catalogue.customers.first
    rng = spec.rng("support")
    rank = np.arange(first[-1]) - np.repeat(first[:-1], np.diff(first))
    helped = rng.random(len(rank)) < np.where(rank < 8, 0.45, 0.15)
    return np.where(helped, rng.integers(20, max(int(spec.days * 0.7), 21), len(rank)), NEVER)


def with_support(
    flows: Flows, price: np.ndarray, cost: np.ndarray, buyer: np.ndarray, day: np.ndarray
) -> np.ndarray:
    """Prices with the margin (of the price) that support earns; beyond the customers are dealers."""
    since = np.r_[contact_day(flows), np.full(len(flows.spec.dealers), NEVER)][buyer]
    helped = np.flatnonzero(day > since)
    lifted = price.copy()
    share = cost[helped] / price[helped] - MARGIN_POINTS / 100
    lifted[helped] = np.rint(cost[helped] / share).astype(np.int64)
    return lifted


def support(flows: Flows) -> pl.DataFrame:
    """The planted effect: customers with their first contact."""
    spec, customers = flows.spec, flows.catalogue.customers
    since = contact_day(flows)
    who = np.flatnonzero(since < spec.days)
    dealer = np.searchsorted(customers.first, who, side="right") - 1
    return pl.DataFrame(
        {
            "dealer_id": pl.Series([spec.dealers[i].dealer_id for i in dealer]),
            "end_customer": pl.Series(customers.name[who].tolist(), dtype=pl.String),
            "first_contact": dates(spec, since[who]),
            "margin_points": pl.repeat(MARGIN_POINTS, len(who), eager=True),
        }
    )


def certifications(spec: WorldSpec) -> pl.DataFrame:
    """Each dealer every half year; `month` -1 is before the first day."""
    rows = []
    for number, month in enumerate(range(-1, spec.months, 6)):
        day = spec.month_start(month) + timedelta(days=14)
        for dealer in spec.dealers:
            *scores, change = SCORES[dealer.dealer_id]
            now = [min(max(s + change * number, 0), 100) for s in scores]
            given = {(d, n): (tier, why) for d, n, tier, why in OVERRIDES}
            tier, why = given.get((dealer.dealer_id, number), (None, None))
            rows.append(
                (month, dealer.dealer_id, day, *now, f"CERT-{day:%Y%m}-{dealer.dealer_id.upper()}",
                 "channel.quality", _a_year_after(day), tier, why, tier and "channel.head")
            )  # fmt: skip
    names = (
        "month dealer_code assessed_at technical capital focus evidence_ref assessor valid_to"
        " override_tier override_reason override_approved_by"
    )
    return pl.DataFrame(rows, schema=names.split(), orient="row", infer_schema_length=None)


def _a_year_after(day: date) -> date:
    return day.replace(year=day.year + 1) - timedelta(days=1)


def events(flows: Flows) -> pl.DataFrame:
    """All uses of documents, cases and trainings, and the tickets of the field engineers."""
    kinds = [
        _uses(flows, *kind) for kind in (("doc_view", 6.0), ("case_use", 2.0), ("training", 0.3))
    ]
    frame = pl.concat([*kinds, _tickets(flows)]).sort("opened_at", "dealer_code", "kind", "topic")
    number = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(6)
    frame = frame.with_columns(event_id=pl.format("EN{}", number))
    closed = (frame["closed_at"].dt.date() - flows.spec.first_day).dt.total_days()
    month = month_of(flows.spec, closed.fill_null(0).to_numpy())
    ticket = frame["kind"] == "fae_ticket"
    # A use has no end; a ticket without one stays open.
    closed_month = pl.select(
        pl.when(~ticket).then(frame["month"]).when(closed.is_not_null()).then(pl.Series(month))
    ).to_series()
    return told_again(frame, closed_month, closed_at=None, csat=None, outcome="open")


def _frame(
    flows: Flows, kind: str, dealer: np.ndarray, day: np.ndarray, rng: np.random.Generator
) -> pl.DataFrame:
    """Events with a part of the dealer, a topic and a moment of the working day."""
    spec, pairs = flows.spec, flows.pairs
    start = np.searchsorted(pairs.dealer, dealer)
    size = np.searchsorted(pairs.dealer, dealer, side="right") - start
    part = pairs.part[start + (rng.random(len(dealer)) * size).astype(np.int64)]
    n = len(dealer)
    # Of parts to come there is nothing to read yet: the event is about no part.
    to_come = pl.Series(flows.catalogue.parts.launch[part] > day)
    mpn = pl.Series(flows.catalogue.parts.mpn[part].tolist(), dtype=pl.String)
    maker = pl.repeat(MAKER, n, dtype=pl.String, eager=True)
    return pl.DataFrame(
        {
            "month": spec.month_of_day()[day],
            "dealer_code": pl.Series([spec.dealers[i].dealer_id for i in dealer], dtype=pl.String),
            "kind": pl.repeat(kind, n, dtype=pl.String, eager=True),
            "opened_at": instants(spec, day, rng.uniform(1, 9, n)),
            "first_reply_at": pl.Series([None] * n, dtype=pl.Datetime("us")),
            "closed_at": pl.Series([None] * n, dtype=pl.Datetime("us")),
            "maker": maker.set(to_come, None),
            "mpn": mpn.set(to_come, None),
            "end_customer": pl.Series([None] * n, dtype=pl.String),
            "topic": pl.Series(rng.choice(TOPICS, n).tolist(), dtype=pl.String),
            "outcome": pl.Series([None] * n, dtype=pl.String),
            "csat": pl.Series([None] * n, dtype=pl.Int64),
        }
    )


def _uses(flows: Flows, kind: str, a_month: float) -> pl.DataFrame:
    spec = flows.spec
    rng = spec.rng("enablement", kind)
    share = np.array([d.share for d in spec.dealers])
    dealer = np.arange(len(share)).repeat(rng.poisson(share * a_month * spec.months))
    frame = _frame(flows, kind, dealer, rng.integers(0, spec.days, len(dealer)), rng)
    if kind == "training":
        marks = pl.Series(rng.choice([3, 4, 4, 5, 5], len(frame)))
        return frame.with_columns(csat=marks)
    return frame


def _tickets(flows: Flows) -> pl.DataFrame:
    """A first ticket that is closed on the day of contact, and further ones after it."""
    spec, customers = flows.spec, flows.catalogue.customers
    rng = spec.rng("enablement", "fae_ticket")
    since = contact_day(flows)
    helped = np.flatnonzero(since < spec.days)
    more = helped.repeat(rng.poisson(spec.months / 8, len(helped)))
    who = np.r_[helped, more]
    lasts = rng.integers(2, 16, len(who))
    close = np.r_[since[helped], since[more] + rng.integers(10, 200, len(more))]
    day = close - lasts
    keep = (day >= 0) & (day < spec.days)
    who, day, close, new = (
        who[keep], day[keep], close[keep], (np.arange(len(who)) < len(helped))[keep],
    )  # fmt: skip
    dealer = np.asarray(np.searchsorted(customers.first, who, side="right") - 1)
    frame = _frame(flows, "fae_ticket", dealer, day, rng)
    # The first reply takes a day at the beginning, and less than six hours at the end.
    hours = 24 * (1 / 4) ** (day / spec.days) * np.exp(rng.normal(0, 0.5, len(day)))
    hours = np.minimum(hours, 24 * 1.5)
    won = np.where(new | (rng.random(len(day)) < 0.6), "win", "lost").astype(object)
    known = close < spec.days
    waited = pl.Series((hours * 3_600).astype(np.int64) * 1_000_000).cast(pl.Duration("us"))
    return frame.with_columns(
        first_reply_at=frame["opened_at"] + waited,
        closed_at=instants(spec, close, rng.uniform(9, 9.9, len(day))).set(pl.Series(~known), None),
        end_customer=pl.Series(customers.name[who].tolist(), dtype=pl.String),
        outcome=pl.Series(np.where(known, won, "open").tolist(), dtype=pl.String),
        csat=pl.Series(rng.choice([2, 3, 4, 4, 5, 5], len(day))).set(pl.Series(~known), None),
    )
