"""From what is published to forecasts, levels and proposals: arrays in, frames out."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from chip_channel.planner import lifecycle
from chip_channel.planner.accuracy import accuracy
from chip_channel.planner.choices import Choices
from chip_channel.planner.read import PAIR, Inputs
from chip_channel.planning.classify import NEVER_SOLD
from chip_channel.planning.explain import sentences
from chip_channel.planning.factors import adjust
from chip_channel.planning.forecast import Forecast, forecast
from chip_channel.planning.replenish import FACTORS, Lines, propose
from chip_channel.planning.simulate import Floats
from chip_channel.planning.stocking import levels
from chip_channel.settings import settings

HORIZON = 26
"""Weeks ahead that are forecast."""
_LEVELS = (0.025, 0.1, 0.5, 0.9, 0.95, 0.975)


@dataclass(frozen=True)
class Plan:
    """What a batch writes: table of `planning` -> rows, without batch_id."""

    tables: dict[str, pl.DataFrame]
    fallbacks: dict[str, int]
    """Items by what was missing or odd and how it was met."""


def plan(inputs: Inputs, choices: Choices) -> Plan:
    """Plan every dealer's stock of every part by what was chosen."""
    panel, terms, recipes = inputs.panel, inputs.terms, choices.recipes
    made = forecast(
        panel, HORIZON, terms.window, recipes=recipes, levels=_LEVELS,
        launched=inputs.facts.launched, last_buy=inputs.facts.last_buy,
    )  # fmt: skip
    item, moves, factors, mended = _propose(inputs, made, choices)
    tables = {
        "recipe": choices.recipe,
        "policy": choices.policy,
        "backtest": choices.backtest,
        "forecast": _per_week(inputs.items[: len(panel)], made),
        "item": item,
        "transfer": moves,
        "factor": factors,
        "accuracy": accuracy(inputs, recipes),
        "launch": lifecycle.launches(inputs),
        "last_buy": lifecycle.last_buys(inputs, made, terms),
    }
    return Plan(tables, made.fallbacks() | terms.mended | mended)


def weights(roles: pl.Series) -> Floats:
    """What dealers weigh when supply is shared out, by their role in the dealer master.

    A weight of 2 makes running out half as probable; see `allocate.fair_share`. A role that has no
    weight in the settings weighs 1.
    """
    given = settings().allocation_weights
    return roles.replace_strict(given, default=1.0, return_dtype=pl.Float64).to_numpy()


def _propose(inputs: Inputs, made: Forecast, choices: Choices
             ) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, dict[str, int]]:  # fmt: skip
    items, total, n, terms = inputs.items, inputs.items.height, len(inputs.panel), inputs.terms

    def wide(given: Floats, rest: float = 0.0) -> Floats:
        """To all items: what lies without ever having sold is expected to sell nothing."""
        return np.concatenate([np.asarray(given, float), np.full(total - n, rest)])

    mean = made.cumulative_mean
    factors = adjust(inputs.panel, terms.window, mean, inputs.facts, settled=choices.verdicts)
    level, policy = levels(made, inputs.panel, choices.policy)
    shift = factors.market_index + factors.lifecycle
    on_hand, on_order = inputs.number("on_hand"), inputs.number("on_order")
    lines = Lines(
        part=items["product_id"].to_numpy().astype(np.str_),
        dealer=items["dealer_id"].to_numpy().astype(np.str_),
        region=items["region"].to_numpy().astype(np.str_),
        on_hand=on_hand, on_order=on_order, backlog=np.zeros(total), reserved=np.zeros(total),
        history=wide(mean), market_index=wide(factors.market_index),
        lifecycle=wide(factors.lifecycle), level=wide(np.maximum(level + shift, 0)),
        scale=wide((made.at(0.9) - made.at(0.5)) / 1.2816), moq=inputs.number("moq"),
        spq=inputs.number("spq"), cap=wide(factors.cap, np.nan), weight=weights(items["role"]),
    )  # fmt: skip
    proposals = propose(lines)
    told = sentences(lines, proposals)
    chance = made.stock_out_probability((on_hand + on_order)[:n])
    item = items.select(*PAIR, stock_as_of="as_of").with_columns(
        origin=pl.lit(inputs.origin),
        demand_class=_words(made.classes, total, NEVER_SOLD),
        recipe=_words(made.recipe, total, "none"),
        policy=_words(policy, total, "none"),
        fallback=_words(made.fallback, total, NEVER_SOLD),
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


def _words(given: np.ndarray, total: int, rest: str) -> pl.Series:
    return pl.Series(given.tolist() + [rest] * (total - len(given)), dtype=pl.String)


def _whole(given: np.ndarray, total: int) -> pl.Series:
    return pl.Series(
        given.tolist() + [int(given.max(initial=0))] * (total - len(given)), dtype=pl.Int64
    )
