"""Parts that begin and parts that end: stock for launches, and last orders."""

import numpy as np
import polars as pl

from chip_channel.planner.read import SUPPORT, Inputs
from chip_channel.planning.forecast import Forecast
from chip_channel.planning.last_buy import last_buy
from chip_channel.planning.launch import aligned, learn, stock_proposal
from chip_channel.planning.simulate import Floats, Terms
from chip_channel.planning.stages import dates, remaining

FIRST = 13
"""Weeks after a launch in which placement is judged."""
_SEEN, _LEAST = 4, 5
SERVICE = 0.9
"""Probability that the last order is to suffice."""
NEW_WITHIN = 52


def launches(inputs: Inputs) -> pl.DataFrame:
    """New products by dealer: placed, sold in 13 weeks, and what earlier launches propose."""
    schema = {"product_id": pl.String, "dealer_id": pl.String, "placed_qty": pl.Float64,
              "sold_13w_qty": pl.Float64, "weeks_known": pl.Int64, "expected_13w_qty": pl.Float64,
              "proposed_qty": pl.Float64, "analogs": pl.Int64}  # fmt: skip
    items, panel = inputs.items, inputs.panel
    part = items["product_id"][: len(panel)]
    names = part.unique().sort()
    row = names.search_sorted(part).to_numpy()
    total = np.zeros((len(names), len(panel.periods)))
    np.add.at(total, row, np.nan_to_num(panel.values))
    about = items.select("product_id", "family", "launch_date", "spq").unique("product_id")
    about = names.to_frame("product_id").join(
        about, on="product_id", how="left", maintain_order="left"
    )
    launched = about["launch_date"].cast(pl.Date).to_numpy().astype("datetime64[D]")
    age = (np.datetime64(inputs.origin, "D") - launched).astype(float) / 7
    age = np.where(np.isnat(launched), np.nan, age)
    new = np.flatnonzero(age < NEW_WITHIN)
    if not len(new):
        return pl.DataFrame(schema=schema)
    earlier, at = aligned(total, FIRST)
    # what was launched long before it was first sold here tells nothing about launches
    waited = age[at] - (total.shape[1] - (total[at] > 0).argmax(axis=1))
    true = ~(waited > NEW_WITHIN)
    if true.sum() >= _LEAST:
        earlier, at = earlier[true], at[true]
    family = about["family"].fill_null("").to_numpy().astype(np.str_)
    try:
        analogs = learn(earlier, _SEEN, FIRST - _SEEN, family[at])
    except ValueError:
        return pl.DataFrame(schema=schema)
    expected = analogs.before(family[new]).sum(axis=1)
    begun = np.isin(new, at)
    known = np.asarray(np.isfinite(earlier[:, :_SEEN]).all(axis=1))
    for k in np.flatnonzero(begun).tolist():  # a handful of products
        mine = np.flatnonzero(at == new[k])[0]
        if known[mine]:
            first = earlier[mine : mine + 1, :_SEEN]
            expected[k] = first.sum() + analogs.forecast(first)[0]
    dealers = items["dealer_id"].unique().sort()
    share = _family_share(inputs, family, row, dealers)[new]
    proposed = stock_proposal(expected, share, about["spq"].fill_null(1).to_numpy()[new])
    placed = _placed(inputs)
    moved = set(placed.select("product_id", "dealer_id").iter_rows())
    rows = [
        {"product_id": names[int(p)], "dealer_id": dealer, "expected_13w_qty": float(expected[k] * s),
         "proposed_qty": float(q), "analogs": analogs.launches}
        for k, p in enumerate(new)
        for dealer, q, s in zip(dealers, proposed[k], _shares(share[k]), strict=True)
        if q or (names[int(p)], dealer) in moved
    ]  # fmt: skip
    made = ("product_id", "dealer_id", "expected_13w_qty", "proposed_qty", "analogs")
    found = pl.DataFrame(rows, {name: schema[name] for name in made})
    return (
        found.join(placed, on=["product_id", "dealer_id"], how="left")
        .with_columns(pl.col("placed_qty").fill_null(0.0), pl.col("weeks_known").fill_null(0))
        .select(*schema)
    )


def _shares(row: Floats) -> Floats:
    whole = row.sum()
    return row / whole if whole > 0 else np.full(len(row), 1 / len(row))


def _family_share(
    inputs: Inputs, family: np.ndarray, row: np.ndarray, dealers: pl.Series
) -> Floats:
    """(products, dealers) pieces of the product's family that were sold in the last year."""
    year = np.nansum(np.maximum(inputs.panel.values[:, -52:], 0), axis=1)
    kinds, kind = np.unique(family, return_inverse=True)
    sums = np.zeros((len(kinds), len(dealers)))
    seller = dealers.search_sorted(inputs.items["dealer_id"][: len(year)]).to_numpy()
    np.add.at(sums, (kind[row], seller), year)
    return sums[kind]


def _placed(inputs: Inputs) -> pl.DataFrame:
    """Per product and dealer: placed and sold in the first weeks since something came or sold."""
    moved = inputs.moved.filter(pl.col("week") <= inputs.origin)
    first = moved.group_by("product_id", "dealer_id").agg(first=pl.col("week").min())
    since = moved.join(first, on=["product_id", "dealer_id"]).with_columns(
        known=(pl.lit(inputs.origin) - pl.col("first")).dt.total_days() // 7 + 1
    )
    early = (pl.col("week") - pl.col("first")).dt.total_days() < 7 * FIRST
    return since.group_by("product_id", "dealer_id").agg(
        placed_qty=pl.col("placed").filter(early).sum(),
        sold_13w_qty=pl.when(pl.col("known").first() >= FIRST).then(
            pl.col("sold").filter(early).sum()
        ),
        weeks_known=pl.col("known").first(),
    )


def last_buys(inputs: Inputs, made: Forecast, terms: Terms) -> pl.DataFrame:
    """The last order of every part that can still be ordered and is known to end, all dealers."""
    n = len(made)
    known = inputs.facts
    end = dates(inputs.panel, known.launched, known.last_buy, known.last_ship).last_ship
    weeks, left = remaining(end - len(inputs.panel.periods), SUPPORT)
    weekly = made.cumulative_mean / terms.window
    # from the window's upper half: the spread of its total, per week
    variance = ((made.at(0.9) - made.at(0.5)) / 1.2816) ** 2 / terms.window
    items = inputs.items[:n].select(
        "product_id", "last_buy", "last_ship", "spq", "moq", "on_hand", "on_order",
        weeks=pl.Series(weeks), mean=weekly * left, variance=variance * left,
    )  # fmt: skip
    ends = (
        items.filter(pl.col("last_buy") >= inputs.origin, pl.col("last_ship").is_not_null())
        .group_by("product_id")
        .agg(
            pl.col("last_buy", "last_ship", "spq", "moq").first(), pl.col("weeks").max(),
            pl.col("mean", "variance").sum(), position=(pl.col("on_hand") + pl.col("on_order")).sum(),
        )
        .sort("product_id")
    )  # fmt: skip
    found = last_buy(
        ends["mean"].to_numpy(), ends["variance"].to_numpy(), SERVICE, ends["position"].to_numpy(),
        ends["moq"].fill_null(0).to_numpy(), ends["spq"].fill_null(1).to_numpy(),
    )  # fmt: skip
    return ends.select(
        "product_id", "last_buy", "last_ship", remaining_weeks=pl.col("weeks").cast(pl.Int64),
        remaining_mean_qty="mean", service_level=pl.Series(found.level, dtype=pl.Float64),
        position_qty="position", last_buy_qty=pl.Series(found.quantity, dtype=pl.Int64),
        expected_left_over_qty=pl.Series(found.left_over, dtype=pl.Float64),
    )  # fmt: skip
