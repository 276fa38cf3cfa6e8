"""Failures that are found, and complaints, most of them on planted diversion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from chip_channel.world.diversion import Case
from chip_channel.world.flows import Flows
from chip_channel.world.instants import month_of, told_again
from chip_channel.world.spec import MAKER, WorldSpec, dates

FAILING, LEAST = 0.004, 500  # of sales lines of so many pieces, some piece fails
CODES = ("OPEN_PIN", "LEAKAGE", "NO_BOOT", "ESD_DAMAGE", "MARKING")
BAD_CODE = "BOND_LIFT"
COMPLAINTS_A_MONTH = 0.12  # of each dealer, on price or service


def quality(
    flows: Flows, pos: Sequence[pl.DataFrame], cases: Sequence[Case], sell_in: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Reports of failures, and the two lots that are bad: one that was sold by a dealer that never
    got it, and one that many bought. `pos` with traces and cases.
    """
    spec = flows.spec
    rng = spec.rng("quality")
    sold = pl.concat(
        [
            frame.filter(
                (pl.col("type") == "sale") & (pl.col("buyer") < len(flows.catalogue.customers.name))
            ).select(
                "part", "day", "lot", "end_customer", "mpn", "qty",
                dealer_code=pl.lit(dealer.dealer_id),
            )
            for dealer, frame in zip(spec.dealers, pos, strict=True)
        ]
    )  # fmt: skip
    stray = [
        pos[c.dealer]["lot"][int(c.lines[0])] for c in cases if c.plan.signal == "lot_elsewhere"
    ]
    by_lot = sold.group_by("lot").len().sort("len", "lot", descending=[True, False])
    often = [lot for lot in by_lot["lot"].drop_nulls().head(2) if lot not in stray[:1]]
    bad = pl.Series([*stray[:1], *often[:1]], dtype=pl.String)
    is_bad = sold["lot"].is_in(bad.implode()).fill_null(False).to_numpy()
    enough = (sold["qty"] >= LEAST).to_numpy()
    failing = rng.random(len(sold)) < np.where(is_bad, 0.9, FAILING * enough)
    found = sold.filter(pl.Series(failing))
    worse = is_bad[failing]
    n = len(found)
    inspected = np.minimum(found["qty"].to_numpy(), rng.choice([500, 1000, 2000], n))
    share = np.where(worse, rng.uniform(0.03, 0.09, n), rng.uniform(0.0005, 0.003, n))
    day = found["day"].to_numpy() + rng.integers(4, 45, n)
    code = np.where(worse, BAD_CODE, rng.choice(CODES, n))
    frame = (
        found.with_columns(
            day=day,
            detected_at=dates(spec, day),
            maker=pl.lit(MAKER),
            failure_code=pl.Series(code.tolist(), dtype=pl.String),
            qty_inspected=inspected,
            qty_failed=np.maximum(np.rint(inspected * share), 1).astype(np.int64),
            disposition=pl.Series(
                rng.choice(["replaced", "credited", "in analysis"], n).tolist(), dtype=pl.String
            ),
        )
        .filter(pl.col("day") < spec.days)
        .sort("day", "dealer_code", "part", "lot")
    )
    frame = frame.with_columns(
        event_id=pl.format("QF{}", pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(5)),
        serial=pl.lit(None, dtype=pl.String),
        month=pl.Series(spec.month_of_day()[frame["day"].to_numpy()]),
    ).drop("day", "qty")
    lots = (
        sold.filter(pl.Series(is_bad))
        .group_by("lot", "mpn")
        .agg(pl.col("dealer_code").unique().sort().str.join(";").alias("sold_by"))
        .join(sell_in.select("lot", shipped_to="ship_to_dealer"), on="lot")
        .sort("lot")
    )
    return frame, lots


def complaints(flows: Flows, diverted: pl.DataFrame) -> pl.DataFrame:
    """Complaints on most cases that have another dealer to suffer, and others now and then."""
    spec = flows.spec
    rng = spec.rng("complaint")
    seen = diverted.filter(
        pl.col("suspicious")
        & pl.col("other_dealer_id").is_not_null()
        & pl.col("region").is_not_null()
    ).unique("case_id", keep="first", maintain_order=True)
    rows = []
    for case in seen.iter_rows(named=True):
        opened = (case["month"] - spec.first_day).days + int(rng.integers(32, 60))
        if rng.random() < 0.8:
            rows.append(
                ("diversion", case["other_dealer_id"], case["dealer_id"], case["region"], case["mpn"],
                 opened)
            )  # fmt: skip
    for dealer in spec.dealers:
        for _ in range(int(rng.poisson(COMPLAINTS_A_MONTH * spec.months))):
            kind = str(rng.choice(["price", "service"]))
            rows.append(
                (kind, dealer.dealer_id, None, str(rng.choice(dealer.regions)), None,
                 int(rng.integers(5, spec.days)))
            )  # fmt: skip
    if not rows:  # a world this small still has one
        rows.append(
            ("service", spec.dealers[0].dealer_id, None, spec.dealers[0].regions[0], None, 10)
        )
    return _complaint_frame(spec, [row for row in rows if row[-1] < spec.days], rng)


def _complaint_frame(spec: WorldSpec, rows: list[tuple], rng: np.random.Generator) -> pl.DataFrame:
    frame = pl.DataFrame(
        rows,
        schema={"kind": pl.String, "dealer_code": pl.String, "against_dealer": pl.String,
                "region": pl.String, "mpn": pl.String, "day": pl.Int64},
        orient="row",
    ).sort("day", "dealer_code", "kind", maintain_order=True)  # fmt: skip
    day = frame["day"].to_numpy()
    never = rng.random(len(day)) < 0.15
    closed = np.where(never, spec.days, day + rng.integers(5, 60, len(day)))
    month = month_of(spec, closed)
    frame = frame.with_columns(
        month=pl.Series(spec.month_of_day()[day]),
        event_id=pl.format("CP{}", pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(4)),
        maker=pl.when(pl.col("mpn").is_not_null()).then(pl.lit(MAKER)),
        opened_on=dates(spec, day),
        closed_on=dates(spec, closed),
        outcome=pl.Series(rng.choice(["upheld", "dismissed", "settled"], len(day)).tolist()),
    ).drop("day")
    closed_month = pl.Series(month).set(pl.Series(month >= spec.months), None)
    return told_again(frame, closed_month, closed_on=None, outcome=None)
