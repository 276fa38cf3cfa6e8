"""New products by dealer: placed against sold, for everybody who had any."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
from chip_channel.planner.lifecycle import launches
from chip_channel.planning.panel import from_frame

WEEKS = 40
ORIGIN = date(2026, 10, 26)
MONDAYS = [ORIGIN - timedelta(weeks=WEEKS - 1 - n) for n in range(WEEKS)]


def inputs() -> Any:
    """Eight products, new 20 weeks ago, that a and b sell; c has one of them on its shelf."""
    pairs = [(f"P{n}", dealer) for n in range(8) for dealer in ("a", "b")]
    demand = pl.DataFrame(
        [(f"{product}|{dealer}", monday, 10.0 if n >= 20 else 0.0)
         for product, dealer in pairs for n, monday in enumerate(MONDAYS)],
        schema=["series", "week", "quantity"], orient="row",
    )  # fmt: skip
    items = pl.DataFrame(
        [(p, d, "F", MONDAYS[20], 1) for p, d in [*pairs, ("P0", "c")]],
        schema=["product_id", "dealer_id", "family", "launch_date", "spq"], orient="row",
    )  # fmt: skip
    moved = pl.DataFrame(
        [*((p, d, m, 300.0 if n == 20 else 0.0, 10.0) for p, d in pairs
           for n, m in enumerate(MONDAYS) if n >= 20), ("P0", "c", MONDAYS[39], 60.0, 0.0)],
        schema=["product_id", "dealer_id", "week", "placed", "sold"], orient="row",
    )  # fmt: skip
    return SimpleNamespace(
        items=items, moved=moved, origin=ORIGIN,
        panel=from_frame(demand, "W", date="week", until=ORIGIN),
    )  # fmt: skip


def test_whoever_had_a_new_product_placed_is_judged() -> None:
    """Also a dealer whom nothing more is proposed to; who never had it and gets none is left out."""
    found = {(r["product_id"], r["dealer_id"]): r for r in launches(inputs()).iter_rows(named=True)}
    assert set(found) == {(f"P{n}", d) for n in range(8) for d in "ab"} | {("P0", "c")}
    mine = found["P0", "c"]
    assert (mine["proposed_qty"], mine["placed_qty"], mine["sold_13w_qty"]) == (0, 60, None)


def test_what_was_placed_and_sold_in_the_first_13_weeks_is_told() -> None:
    found = launches(inputs()).filter(product_id="P3", dealer_id="a").row(0, named=True)
    assert (found["placed_qty"], found["sold_13w_qty"], found["weeks_known"]) == (300, 130, 20)


def test_a_proposal_follows_the_dealers_share_of_demand() -> None:
    known = inputs()
    twice = known.items["dealer_id"][: len(known.panel)].to_numpy() == "a"
    known.panel.values[twice] *= 3
    found = launches(known).filter(product_id="P3")
    by_dealer = dict(found.select("dealer_id", "proposed_qty").iter_rows())
    np.testing.assert_allclose(by_dealer["a"] / by_dealer["b"], 3, rtol=0.02)
