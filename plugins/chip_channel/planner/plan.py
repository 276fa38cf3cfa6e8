"""From what is published to forecasts, levels and proposals: arrays in, frames out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from chip_channel.planner import lifecycle
from chip_channel.planner.read import PAIR, Inputs
from chip_channel.planning import scores
from chip_channel.planning.explain import sentences
from chip_channel.planning.factors import adjust
from chip_channel.planning.forecast import Forecast, forecast
from chip_channel.planning.market import Index
from chip_channel.planning.replenish import FACTORS, Lines, propose
from chip_channel.planning.simulate import Floats, Terms

HORIZON = 26
"""Weeks ahead that are forecast."""
REVIEW = 1
SERVICE = 0.95
"""Probability that what is on hand and on order lasts over lead time and review."""
JUDGED = 13
"""Weeks that are held back to judge the method."""
_LEVELS = (0.025, 0.1, 0.5, 0.9, 0.95, 0.975)


@dataclass(frozen=True)
class Plan:
    """What a batch writes: table of `planning` -> rows, without batch_id."""

    tables: dict[str, pl.DataFrame]
    fallbacks: dict[str, int]
    """Items by what was missing or odd and how it was met."""


def plan(inputs: Inputs, recipes: Mapping[str, str], chosen: pl.DataFrame) -> Plan:
    """Plan every dealer's stock of every part.

    `recipes`: demand class -> recipe; `chosen`: the selection that they come from.
    """
    panel, items = inputs.panel, inputs.items
    n, terms = len(panel), terms_of(inputs)
    made = forecast(
        panel, HORIZON, terms.window, recipes=recipes, levels=_LEVELS,
        launched=_days(items, "launch_date")[:n], last_buy=_days(items, "last_buy")[:n],
    )  # fmt: skip
    item, moves, factors, mended = _propose(inputs, terms, made)
    tables = {
        "recipe": chosen,
        "forecast": _per_week(items[:n], made),
        "item": item,
        "transfer": moves,
        "factor": factors,
        "accuracy": accuracy(inputs, recipes),
        "launch": lifecycle.launches(inputs),
        "last_buy": lifecycle.last_buys(inputs, made, terms),
    }
    return Plan(tables, made.fallbacks() | terms.mended | mended)


def terms_of(inputs: Inputs) -> Terms:
    """Lead time, review, MOQ and SPQ of the panel's series, in weeks and pieces."""
    items = inputs.items[: len(inputs.panel)]
    return Terms.of(
        items.height, np.ceil(_number(items, "lead_time_days") / 7), REVIEW, _number(items, "moq"),
        _number(items, "spq"), default_lead_time=8,
    )  # fmt: skip


def _propose(inputs: Inputs, terms: Terms, made: Forecast
             ) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, dict[str, int]]:  # fmt: skip
    items, total, n = inputs.items, inputs.items.height, len(inputs.panel)

    def wide(given: Floats, rest: float = 0.0) -> Floats:
        """To all items: what lies without ever having sold is expected to sell nothing."""
        return np.concatenate([np.asarray(given, float), np.full(total - n, rest)])

    mean = made.cumulative_mean
    factors = adjust(
        inputs.panel, terms.window, mean,
        family=items["family"].fill_null("")[:n].to_numpy().astype(np.str_),
        launched=_days(items, "launch_date")[:n], last_buy=_days(items, "last_buy")[:n],
        last_ship=_days(items, "last_ship")[:n],
        index=Index.from_frame(inputs.index) if inputs.index.height else None,
    )  # fmt: skip
    shift = factors.market_index + factors.lifecycle
    on_hand, on_order = _number(items, "on_hand"), _number(items, "on_order")
    lines = Lines(
        part=items["product_id"].to_numpy().astype(np.str_),
        dealer=items["dealer_id"].to_numpy().astype(np.str_),
        region=items["region"].to_numpy().astype(np.str_),
        on_hand=on_hand, on_order=on_order, backlog=np.zeros(total), reserved=np.zeros(total),
        history=wide(mean), market_index=wide(factors.market_index),
        lifecycle=wide(factors.lifecycle), level=wide(np.maximum(made.at(SERVICE) + shift, 0)),
        scale=wide((made.at(0.9) - made.at(0.5)) / 1.2816), moq=_number(items, "moq"),
        spq=_number(items, "spq"), cap=wide(factors.cap, np.nan), weight=np.ones(total),
    )  # fmt: skip
    proposals = propose(lines)
    told = sentences(lines, proposals)
    chance = made.stock_out_probability((on_hand + on_order)[:n])
    item = items.select(*PAIR, stock_as_of="as_of").with_columns(
        origin=pl.lit(inputs.origin),
        demand_class=_words(made.classes, total, "dead"),
        recipe=_words(made.recipe, total, "none"),
        policy=_words(np.full(n, f"quantile {SERVICE}"), total, "none"),
        fallback=_words(made.fallback, total, "never_sold"),
        lead_time_weeks=_whole(terms.lead_time, total),
        review_weeks=_whole(terms.review, total),
        window_mean_qty=wide(made.cumulative_mean),
        **{f"window_p{round(level * 100)}_qty": wide(made.at(level)) for level in (0.1, 0.5, 0.9, 0.95)},
        on_hand_qty=on_hand, on_order_qty=on_order,
        stock_out_probability=wide(chance),
        safety_stock_qty=proposals.safety_stock, order_up_to_qty=proposals.level,
        cap_qty=pl.Series(lines.cap).fill_nan(None),
        proposed_qty=proposals.quantity,
        **{f"by_{name}_qty": proposals.contributions[name] for name in FACTORS},
        reason_en=told["sentence_en"], reason_zh=told["sentence_zh"],
    )  # fmt: skip
    moves = pl.DataFrame({
        "product_id": lines.part[proposals.moves.giver],
        "from_dealer_id": lines.dealer[proposals.moves.giver],
        "to_dealer_id": lines.dealer[proposals.moves.taker],
        "qty": proposals.moves.quantity,
    })  # fmt: skip
    keys = ("product_id", "from_dealer_id", "to_dealer_id")
    moves = moves.group_by(keys).agg(pl.col("qty").sum()).sort(keys)
    return item, moves, factors.frame(), proposals.mended | factors.fallbacks


def _per_week(items: pl.DataFrame, made: Forecast) -> pl.DataFrame:
    n, weeks = made.mean.shape
    at = {level: k for k, level in enumerate(made.levels.tolist())}
    return pl.DataFrame({
        "dealer_id": np.repeat(items["dealer_id"].to_numpy(), weeks),
        "product_id": np.repeat(items["product_id"].to_numpy(), weeks),
        "week": np.tile(made.periods, n),
        "mean_qty": made.mean.ravel(),
        **{f"p{round(level * 100)}_qty": made.quantiles[:, :, at[level]].ravel()
           for level in (0.1, 0.5, 0.9)},
    })  # fmt: skip


def accuracy(inputs: Inputs, recipes: Mapping[str, str]) -> pl.DataFrame:
    """The same method on an origin JUDGED weeks ago, held against what came; a row per class.

    Only what was known then goes in; weeks that a dealer has not reported are not judged.
    """
    panel = inputs.panel
    weeks = min(JUDGED, len(panel.periods) // 4)
    past = panel.until(panel.periods[-weeks - 1])
    begun = (past.values > 0).any(axis=1) & ~np.isnan(panel.values[:, -weeks:]).any(axis=1)
    schema = {"demand_class": pl.String, "origin": pl.Date, "series": pl.Int64, "weeks": pl.Int64,
              "coverage_80": pl.Float64, "coverage_95": pl.Float64, "bias": pl.Float64,
              "wql": pl.Float64, "wql_naive": pl.Float64}  # fmt: skip
    if not begun.any():
        return pl.DataFrame(schema=schema)
    launched = _days(inputs.items, "launch_date")[: len(panel)][begun]
    made = forecast(past.take(begun), weeks, float(weeks), recipes=recipes, launched=launched)
    truth = np.maximum(panel.values[begun, -weeks:].sum(axis=1), 0)
    naive = np.nansum(np.maximum(past.values[begun, -weeks:], 0), axis=1)
    rows = []
    for name in np.unique(made.classes).tolist():
        here = made.classes == name
        actual, found = truth[here], made.cumulative[here]
        same = np.repeat(naive[here][:, None], len(made.levels), axis=1)
        rows.append({
            "demand_class": name, "origin": past.periods[-1].item(), "series": int(here.sum()),
            "weeks": weeks,
            "coverage_80": float(np.nanmean(scores.covered(actual, found, made.levels, 0.8))),
            "coverage_95": float(np.nanmean(scores.covered(actual, found, made.levels, 0.95))),
            "bias": scores.bias(actual, made.cumulative_mean[here]),
            "wql": scores.wql(actual, found, made.levels),
            "wql_naive": scores.wql(actual, same, made.levels),
        })  # fmt: skip
    return pl.DataFrame(rows, schema)


def _number(items: pl.DataFrame, name: str) -> Floats:
    return items[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _days(items: pl.DataFrame, name: str) -> np.ndarray:
    return items[name].cast(pl.Date).to_numpy().astype("datetime64[D]")


def _words(given: np.ndarray, total: int, rest: str) -> pl.Series:
    return pl.Series(given.tolist() + [rest] * (total - len(given)), dtype=pl.String)


def _whole(given: np.ndarray, total: int) -> pl.Series:
    return pl.Series(
        given.tolist() + [int(given.max(initial=0))] * (total - len(given)), dtype=pl.Int64
    )
