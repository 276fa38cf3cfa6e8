"""The truth beside the files: what must be in the warehouse once all of them are in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from chip_channel.world.flows import Flows
from chip_channel.world.render import CLAIMED, MONEY


def exact(frame: pl.DataFrame) -> pl.DataFrame:
    """Money from int64 in 1/10,000 to numeric(18, 6); helper columns go."""
    amounts = [c for c in frame.columns if c in MONEY | CLAIMED]
    money = [pl.col(c).cast(pl.Decimal(18, 0)) for c in amounts]
    out = frame.with_columns(money).with_columns(
        # 1/10,000 as a decimal, so that the product is exact.
        (pl.col(c) * pl.lit("0.0001").cast(pl.Decimal(18, 6))).cast(pl.Decimal(18, 6))
        for c in amounts
    )
    return out.drop("part", "shipped", "arrived", "ordered", strict=False)


def inventory_month(flows: Flows) -> pl.DataFrame:
    """Roll-forward in pieces: one row per dealer, part and month.

    `pos` is net of cancellations and includes samples and deliveries to sub-dealers;
    closing = opening + receipts - pos + customer_returns - vendor_returns.
    """
    spec, pairs, demand, catalogue = flows.spec, flows.pairs, flows.demand, flows.catalogue
    month = spec.month_of_day()
    shape = (spec.months, len(pairs.part))
    receipts, pos, returns, sent_back = (np.zeros(shape, dtype=np.int64) for _ in range(4))
    came = flows.vendor.arrived < spec.days
    vendor, moves = flows.vendor, flows.transfers
    np.add.at(receipts, (month[vendor.arrived[came]], vendor.pair[came]), vendor.qty[came])
    np.add.at(receipts, (month[moves.arrived], moves.pair), moves.qty)
    np.add.at(pos, (month[moves.shipped], pairs.parent[moves.pair]), moves.qty)
    gone = flows.returns
    np.add.at(sent_back, (month[gone.day], gone.pair), gone.qty)
    sold = demand.filled
    np.add.at(pos, (month[demand.day[sold]], demand.pair[sold]), demand.qty[sold])
    back = sold & (demand.back_lag > 0)
    for target, which, sign in (
        (pos, back & demand.cancel, -1),
        (returns, back & ~demand.cancel, 1),
    ):
        when = month[demand.day[which] + demand.back_lag[which]]
        np.add.at(target, (when, demand.pair[which]), sign * demand.back_qty[which])
    last = np.searchsorted(month, np.arange(spec.months), side="right") - 1
    closing = flows.on_hand[last]
    opening = np.vstack([flows.opening[None], closing[:-1]])
    ids = np.array([d.dealer_id for d in spec.dealers])
    return pl.DataFrame(
        {
            "dealer_id": pl.Series(np.tile(ids[pairs.dealer], spec.months)),
            "mpn": pl.Series(np.tile(catalogue.parts.mpn[pairs.part], spec.months)),
            "month": pl.Series(
                [spec.month_start(m) for m in range(spec.months) for _ in range(shape[1])]
            ),
            "opening": opening.ravel(),
            "receipts": receipts.ravel(),
            "pos": pos.ravel(),
            "customer_returns": returns.ravel(),
            "vendor_returns": sent_back.ravel(),
            "closing": closing.ravel(),
        }
    )


def lost_sales(flows: Flows) -> pl.DataFrame:
    """Pieces asked for and not sold for want of stock, by dealer, part and month."""
    spec, pairs, demand = flows.spec, flows.pairs, flows.demand
    lost = ~demand.filled
    pair = demand.pair[lost]
    ids = np.array([d.dealer_id for d in spec.dealers])
    starts = np.array([spec.month_start(m) for m in range(spec.months)], dtype="datetime64[D]")
    return (
        pl.DataFrame(
            {
                "dealer_id": pl.Series(ids[pairs.dealer[pair]]),
                "mpn": pl.Series(flows.catalogue.parts.mpn[pairs.part[pair]]),
                "month": pl.Series(starts[spec.month_of_day()[demand.day[lost]]]),
                "qty": demand.qty[lost],
            }
        )
        .group_by("dealer_id", "mpn", "month")
        .agg(pl.col("qty").sum())
        .sort("dealer_id", "mpn", "month")
    )


def save(directory: Path, tables: dict[str, pl.DataFrame]) -> None:
    """One parquet file per table."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.write_parquet(directory / f"{name}.parquet")
