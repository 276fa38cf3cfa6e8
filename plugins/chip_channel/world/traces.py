"""What lets a sale be traced: its production lot, and the customer's project it belongs to."""

from __future__ import annotations

import numpy as np
import polars as pl

from chip_channel.world.flows import Flows

REGISTERED = 0.15  # of customer and part


def with_traces(
    flows: Flows, dealer: int, pos: pl.DataFrame, sell_in: pl.DataFrame
) -> pl.DataFrame:
    """The dealer's lines with `lot` and `design_reg_no`; what comes back has those of its sale."""
    spec = flows.spec
    who = spec.dealers[dealer]
    sold = pos.unique("row", keep="first", maintain_order=True).select(
        "row", "part", "day", "buyer"
    )
    # A sub-dealer holds what the vendor once sent to the dealers above it.
    chain, above = [who.dealer_id], who.parent
    while above:
        chain.append(above)
        above = spec.dealers[spec.dealer_index(above)].parent
    came = sell_in.filter(pl.col("ship_to_dealer").is_in(chain)).select("part", "arrived", "lot")
    sold = sold.sort("day", maintain_order=True).join_asof(
        came.sort("arrived"), left_on="day", right_on="arrived", by="part",
        strategy="backward", check_sortedness=False,
    )  # fmt: skip

    key = sold["buyer"].to_numpy() * len(flows.catalogue.parts) + sold["part"].to_numpy()
    keys, project = np.unique(key, return_inverse=True)
    registered = spec.rng("design", who.dealer_id).random(len(keys)) < REGISTERED
    ends = sold["buyer"].to_numpy() < len(flows.catalogue.customers.name)  # no dealer
    number = pl.Series(project).cast(pl.String).str.zfill(4)
    sold = sold.with_columns(
        design_reg_no=pl.format("DR-{}-{}", pl.lit(who.dealer_id.upper()[:4]), number)
    )
    sold = sold.with_columns(
        design_reg_no=pl.when(pl.Series(registered[project] & ends)).then("design_reg_no")
    )
    traces = sold.select("row", "lot", "design_reg_no")
    return pos.join(traces, on="row", how="left", maintain_order="left")
