"""Orders of the dealers with their versions, the way of each shipment, and what is sent back."""

from __future__ import annotations

import numpy as np
import polars as pl

from chip_channel.world import lines
from chip_channel.world.flows import Flows
from chip_channel.world.instants import instants, month_of
from chip_channel.world.spec import MAKER, dates

ACCEPT_HOURS = {"core": (8.0, 4.0), "direct": (30.0, 6.0), "sub": (30.0, 6.0)}  # first day, last
LATE, PROMISED_AGAIN, CANCELLED, EXCEPTIONS = 0.15, 0.5, 0.015, 0.03
CARRIERS = {"CN": ("SF Express", "Deppon", "JD Logistics"), "DE": ("DHL", "Kuehne+Nagel"),
            "SG": ("DHL", "FedEx")}  # fmt: skip


def order_lines(flows: Flows) -> pl.DataFrame:
    """One row per order line with all that happened to it; days count from the world's first.

    A line is what one order asks of one part, whether it has left or not; `cancelled` ones are
    further lines of orders that hold others.
    """
    spec, pairs, parts = flows.spec, flows.pairs, flows.catalogue.parts
    rng = spec.rng("orders")
    key = ["order_no", "ship_to_dealer", "part"]
    frame = (
        lines.sell_in(flows, whole=True)
        .group_by(key)
        .agg(
            pl.col("qty").sum(), pl.col("unit_price", "ordered").first(),
            pl.col("shipped", "arrived").max(), cancelled=pl.lit(False),
        )
        .sort(key)
    )  # fmt: skip
    # The same orders held parts that were cancelled.
    extra = frame.filter(pl.Series(rng.random(len(frame)) < CANCELLED) & (pl.col("ordered") >= 0))
    dealer = np.array([spec.dealer_index(d) for d in extra["ship_to_dealer"]], dtype=np.int64)
    start = np.searchsorted(pairs.dealer, dealer)
    end = np.searchsorted(pairs.dealer, dealer, side="right")
    other = pairs.part[start + (rng.random(len(extra)) * (end - start)).astype(np.int64)]
    extra = extra.with_columns(part=other, qty=parts.spq[other], cancelled=pl.lit(True))
    extra = extra.filter(pl.Series(parts.launch[other]) < pl.col("ordered"))
    extra = extra.join(frame, on=key, how="anti").unique(key, keep="first", maintain_order=True)
    frame = pl.concat([frame, extra]).sort(key)
    ordered, arrived, shipped = (frame[c].to_numpy() for c in ("ordered", "arrived", "shipped"))
    n = len(frame)

    role = {d.dealer_id: d.role for d in spec.dealers}
    first, last = np.array([ACCEPT_HOURS[role[d]] for d in frame["ship_to_dealer"]]).T
    share = np.clip(ordered / spec.days, 0, 1)
    hours = first * (last / first) ** share * np.exp(rng.normal(0, 0.45, n))
    hours = np.minimum(hours, np.minimum(48, (shipped - ordered) * 24 - 8))  # before it is picked
    entered = rng.uniform(1, 9, n)
    late = rng.random(n) < LATE
    again = late & (rng.random(n) < PROMISED_AGAIN) & (shipped - ordered > 8)
    early = np.where(late, -rng.integers(1, 8, n), rng.integers(0, 4, n))
    promised = np.maximum(arrived + early, ordered + 1)
    return frame.with_columns(
        late=pl.Series(arrived > promised),
        mpn=pl.Series(parts.mpn[frame["part"].to_numpy()]),
        line_no=pl.int_range(1, pl.len() + 1).over("order_no").cast(pl.String),
        accept_hours=hours,
        entered_at=instants(spec, ordered, entered),
        accepted_at=instants(spec, ordered, entered + hours),
        accepted_day=ordered + ((entered + hours) // 24).astype(np.int64),
        requested_day=np.maximum(promised - rng.choice([0, 0, 0, 2, 5], n), ordered + 1),
        promised_day=promised,
        promised_again=pl.Series(again & ~frame["cancelled"].to_numpy()),
        moved_day=ordered + (shipped - ordered) // 2,
        cancelled_day=ordered + 3,
    )


def orders(flows: Flows, table: pl.DataFrame) -> pl.DataFrame:
    """Versions of the order lines that are known by the last day: accepted, moved, shipped."""
    spec = flows.spec
    first = table.with_columns(
        told=pl.col("accepted_day"), status=pl.lit("accepted"), shown=pl.col("promised_day")
    )
    moved = table.filter("promised_again").with_columns(
        told=pl.col("moved_day"), status=pl.lit("accepted"), shown=pl.col("arrived")
    )
    last = pl.when("cancelled").then(pl.col("cancelled_day")).otherwise("shipped")
    status = pl.when("cancelled").then(pl.lit("cancelled")).otherwise(pl.lit("shipped"))
    shown = pl.when("promised_again").then("arrived").otherwise("promised_day")
    final = table.with_columns(told=last, status=status, shown=shown)
    # What was not accepted by the last day is known as entered.
    waiting = first.filter(pl.col("told") >= spec.days).with_columns(
        told=pl.col("ordered"), status=pl.lit("entered"), accepted_at=None, shown=None
    )
    frame = pl.concat([first, moved, final, waiting], how="vertical_relaxed")
    frame = frame.filter(pl.col("told") < spec.days).sort(
        "order_no", "line_no", "told", maintain_order=True
    )

    def day(name: str) -> pl.Series:
        return dates(spec, frame[name].fill_null(0).to_numpy()).set(frame[name].is_null(), None)

    return frame.select(
        "part", "order_no", "line_no",
        pl.int_range(1, pl.len() + 1).over("order_no", "line_no").alias("version"),
        "mpn", "qty", "unit_price", "entered_at", "accepted_at", "status",
        month=month_of(spec, frame["told"].to_numpy()),
        order_date=day("ordered"),
        dealer_code="ship_to_dealer",
        maker=pl.lit(MAKER),
        requested_date=day("requested_day"),
        promised_date=day("shown"),
    )  # fmt: skip


def order_truth(flows: Flows, table: pl.DataFrame) -> pl.DataFrame:
    """What a service level must find: hours to acceptance, on time in full, slip, backlog."""
    days = flows.spec.days
    left = (pl.col("shipped") < days) & ~pl.col("cancelled")
    return table.filter(pl.col("ordered") < days).select(
        "order_no", "line_no", "mpn", "qty", "cancelled",
        dealer_id="ship_to_dealer",
        accept_hours=pl.when(pl.col("accepted_day") < days).then("accept_hours"),
        shipped=left,
        on_time=pl.when(left & (pl.col("arrived") < days)).then(~pl.col("late")),
        slip_days=pl.when(pl.col("promised_again") & (pl.col("moved_day") < days))
        .then(pl.col("arrived") - pl.col("promised_day"))
        .otherwise(0),
        backlog=(pl.col("shipped") >= days) & ~pl.col("cancelled"),
    )  # fmt: skip


def logistics(flows: Flows, table: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events of all shipments, and the planted faults among them.

    A few shipments are signed for twice, a few are picked before their order was entered.
    """
    spec = flows.spec
    rng = spec.rng("logistics")
    order = table.group_by("order_no").agg(pl.col("entered_at").min())
    sent = (
        lines.sell_in(flows)
        .unique("shipment_no", keep="first")
        .join(order, on="order_no", how="left", maintain_order="left")
        .sort("shipment_no")
    )
    n, shipped, arrived = len(sent), sent["shipped"].to_numpy(), sent["arrived"].to_numpy()
    country = np.array([spec.dealers[spec.dealer_index(d)].country for d in sent["ship_to_dealer"]])
    carrier = np.array([CARRIERS[c][k % len(CARRIERS[c])] for k, c in enumerate(country)])
    middle = shipped + (arrived - shipped) // 2
    foreign, trouble = country != "CN", rng.random(n) < EXCEPTIONS
    twice, before = _some(rng, n, arrived < spec.days - 2), _some(rng, n, shipped > 30)
    always = np.ones(n, dtype=bool)
    there = sent["ship_to_location"].to_numpy()
    kinds = (  # number, code, day, hour (UTC), shipments, place
        (1, "picked", shipped, rng.uniform(2, 5, n), always, "ACME DC"),
        (2, "departed", shipped, rng.uniform(8, 10, n), always, "ACME DC"),
        (3, "exception", shipped + 1, rng.uniform(0, 6, n), trouble, "en route"),
        (4, "customs", middle, rng.uniform(12, 20, n), foreign, "customs"),
        (5, "arrived", arrived, rng.uniform(0.5, 3, n), always, there),
        (6, "signed", arrived, rng.uniform(5, 8, n), always, there),
        (7, "signed", arrived + 1, rng.uniform(5, 8, n), twice, there),
    )
    frames = []
    for number, code, day, hour, which, place in kinds:
        happened = instants(spec, day, hour)
        if code == "picked":
            too_early = sent["entered_at"] - pl.duration(hours=5)
            happened = pl.select(
                pl.when(pl.Series(before)).then(too_early).otherwise(happened)
            ).to_series()
        frames.append(
            pl.DataFrame(
                {
                    "day": day,
                    "month": month_of(spec, day),
                    "event_id": sent["shipment_no"].str.replace("SH", "LE") + f"-{number}",
                    "shipment_no": sent["shipment_no"],
                    "code": pl.repeat(code, n, eager=True),
                    "event_ts": happened,
                    "place": pl.Series(np.broadcast_to(place, n).astype(object).tolist()),
                    "carrier": pl.Series(carrier.tolist()),
                }
            ).filter(pl.Series(which & (day < spec.days)))
        )
    events = pl.concat(frames).sort("shipment_no", "event_ts", "event_id")
    faults = pl.concat(
        [
            events.filter(pl.col("event_id").str.ends_with("-7")).with_columns(
                fault=pl.lit("signed_twice")
            ),
            events.filter(
                (pl.col("code") == "picked")
                & pl.col("shipment_no").is_in(
                    sent.filter(pl.Series(before))["shipment_no"].implode()
                )
            ).with_columns(fault=pl.lit("before_order")),
        ]
    )
    return events.drop("day"), faults.select("fault", "shipment_no", "event_id")


def _some(rng: np.random.Generator, n: int, among: np.ndarray) -> np.ndarray:
    """A mask of one in 250 of those that can be, at least one."""
    able = np.flatnonzero(among)
    chosen = rng.choice(able, min(len(able), 1 + len(able) // 250), replace=False)
    return np.isin(np.arange(n), chosen)


def returns(flows: Flows) -> pl.DataFrame:
    """Goods that went back to the vendor; each names the last shipment that brought the part."""
    spec, catalogue, back = flows.spec, flows.catalogue, flows.returns
    dealer, part = flows.pairs.dealer[back.pair], flows.pairs.part[back.pair]
    month = spec.month_of_day()[back.day]
    credit = np.zeros(len(part), dtype=np.int64)
    for i, who in enumerate(spec.dealers):
        credit[dealer == i] = catalogue.book_cost(who, month[dealer == i], part[dealer == i])
    ids = np.array([d.dealer_id for d in spec.dealers])
    frame = pl.DataFrame(
        {
            "month": month,
            "part": part,
            "day": back.day,
            "return_date": dates(spec, back.day),
            "dealer_code": pl.Series(ids[dealer], dtype=pl.String),
            "rotation": back.rotation,
            "maker": pl.repeat(MAKER, len(part), dtype=pl.String, eager=True),
            "mpn": pl.Series(catalogue.parts.mpn[part], dtype=pl.String),
            "qty": back.qty,
            "credit_price": credit,
        }
    ).sort("day", "dealer_code", "part")
    brought = lines.sell_in(flows).select(
        "part", "lot", "arrived", dealer_code="ship_to_dealer", original_shipment="shipment_no"
    ).sort("arrived")  # fmt: skip
    frame = frame.join_asof(
        brought,
        left_on="day",
        right_on="arrived",
        by=["dealer_code", "part"],
        check_sortedness=False,
    )

    def by_kind(slow: str, faulty: str) -> pl.Expr:
        return pl.when("rotation").then(pl.lit(slow)).otherwise(pl.lit(faulty))

    received = pl.col("day") < spec.days - 20
    number = (pl.struct("day", "dealer_code").rank("dense")).cast(pl.String).str.zfill(5)
    return frame.with_columns(
        rma_no=pl.format("RMA{}", number),
        kind=by_kind("stock_rotation", "rma"),
        reason=by_kind("slow stock, yearly rotation", "fails at incoming inspection"),
        condition=by_kind("sealed", "defective"),
        status=pl.when(received).then(pl.lit("credited")).otherwise(pl.lit("received")),
    ).with_columns(
        line_no=pl.int_range(1, pl.len() + 1).over("rma_no").cast(pl.String)
    ).drop("day", "rotation", "arrived")  # fmt: skip
