"""Policies against demand that was held back, at equal fill.

Each policy has one knob. It is turned until the fill that comes of it equals the target, and only
then is turnover compared: a policy that serves less always turns faster. Forecasts are made again
at every review from the periods before it; the knob alone is set with hindsight, for all alike.
What the chosen policy does with the knob that a replay on earlier periods had set stands beside.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from chip_channel.planning import peers, policy
from chip_channel.planning.panel import Panel
from chip_channel.planning.roll import LEAST, Outlook, all_outlooks, roll
from chip_channel.planning.simulate import Floats, Ints, Measures, Terms, clean, simulate

COVER_BASES = (3, 6, 9, 12, 18, 24)
"""Months that the peers' mean is taken over: the best of them is the peer."""
OWN = ("dynamic", "quantile", "cover")
"""Our policies: `dynamic` as a replay chooses, the others on the forecasts of the recipes."""
POLICIES = (*OWN, *(f"cover-{months}" for months in COVER_BASES), "min-max", "foresight", "zero")
ALL = "all"
MEASURED = {"MS": 24, "W": 52}
_STEPS = 26
SCHEMA: dict[str, Any] = {
    "policy": pl.String, "demand_class": pl.String, "series": pl.Int64, "reached": pl.Boolean,
    "knob": pl.Float64, "target": pl.Float64, "turnover": pl.Float64, "fill": pl.Float64,
    "dead_share": pl.Float64, "excess_share": pl.Float64, "orders": pl.Int64, "stock": pl.Float64,
    "tested_at": pl.Date,
}  # fmt: skip
"""A row per policy and demand class; `all` is a class. See `simulate.Measures`; `target`: the fill
that every knob was turned to, `reached`: whether that was possible."""


@dataclass(frozen=True)
class Plan:
    """What a policy orders up to: knob -> (levels, reorder points or None), (n, T + 1)."""

    name: str
    levels: Callable[[float], tuple[Floats, Floats | None]]
    low: float = 0.0
    high: float = 0.0
    """Range of the knob; equal where there is none."""


@dataclass(frozen=True)
class Row:
    """One policy on one class."""

    policy: str
    group: str
    items: int
    knob: float
    reached: bool
    """Whether the target fill was reached at all."""
    measures: Measures


@dataclass(frozen=True)
class EndOfLife:
    """Items whose last demand is announced; (n,), a column of the panel, -1 where it is not."""

    last: Ints
    notice: int
    """Periods before, from which on it is known."""

    @classmethod
    def seen(cls, panel: Panel) -> "EndOfLife":
        """As if the maker had announced, half a year ahead, each end that the panel shows.

        An end is half a year of silence up to the last period.
        """
        half = 6 if panel.freq == "MS" else 26
        demand = clean(panel.values) > 0
        width = demand.shape[1]
        last = np.where(demand.any(axis=1), width - 1 - demand[:, ::-1].argmax(axis=1), -1)
        return cls(np.where(last < width - half, last, -1).astype(np.int64), half)

    def cap(self, outlook: Outlook) -> Floats:
        """Expected remaining demand (n, T + 1) from the notice on, inf before."""
        ahead = self.last[:, None] + 1 - np.arange(outlook.mean.shape[1])
        per_period = np.nan_to_num(outlook.mean) / outlook.window[:, None]
        known = (self.last >= 0)[:, None] & (ahead <= self.notice + 1)
        return np.where(known, per_period * np.maximum(ahead, 0), np.inf)

    def terms(self, terms: Terms) -> Terms:
        """No order that would arrive after the last demand."""
        latest = np.where(self.last >= 0, self.last - terms.lead_time, terms.last_order)
        return replace(terms, last_order=np.minimum(terms.last_order, latest))


@dataclass(frozen=True)
class Backtest:
    """Everything that a comparison needs; build with `prepare`."""

    panel: Panel
    terms: Terms
    outlooks: Mapping[str, Outlook]
    start: int
    """First measured column."""
    first: int
    """First simulated column."""
    fill: float
    value: Floats
    lost_sales: bool
    replayed: policy.Replay
    end_of_life: EndOfLife | None = None

    @property
    def demand(self) -> Floats:
        """(n, T) as it is simulated."""
        return clean(self.panel.values)

    @property
    def groups(self) -> Any:
        """(n,) demand class when measuring starts."""
        return self.outlooks["recipes"].classes[:, self.start]

    @property
    def year(self) -> int:
        """Periods a year."""
        return 12 if self.panel.freq == "MS" else 52

    def plans(self) -> dict[str, Plan]:
        """Every policy by name."""
        values, window = self.panel.values, self.terms.window
        far = 5.0 * self.year
        near = -float(window.max(initial=1))
        found = [
            Plan(
                "dynamic", _alone(policy.dynamic(self.replayed, self.outlooks, self.start)), 0.02, 6
            ),
            Plan("quantile", _alone(policy.quantile(self.outlooks["recipes"])), 0.02, 6),
            Plan("cover", _alone(policy.cover(self.outlooks["recipes"])), near, far),
            *(
                Plan(f"cover-{months}", _cover(values, window, months * self.year // 12), near, far)
                for months in COVER_BASES
            ),
            Plan(
                "min-max",
                lambda k: peers.min_max(values, window, k, self.year, self.first),
                near,
                far,
            ),
            Plan("foresight", lambda _: (peers.foresight(values, window), None)),
            Plan("zero", lambda _: (peers.zero(values), None)),
        ]
        return {plan.name: plan for plan in found}

    def measure(self, plan: Plan, knob: float, chosen: Any = slice(None)) -> Measures:
        """Simulate with one knob."""
        columns = slice(self.first, len(self.panel.periods))
        level, reorder = plan.levels(knob)
        terms, cap = self.terms, None
        if self.end_of_life and plan.name in OWN:
            terms = self.end_of_life.terms(terms)
            cap = self.end_of_life.cap(self.outlooks["recipes"])[chosen, columns]
        run = simulate(
            self.panel.values[chosen, columns], level[chosen, columns],
            terms.take(chosen).since(self.first), lost_sales=self.lost_sales,
            reorder=None if reorder is None else reorder[chosen, columns], cap=cap,
        )  # fmt: skip
        return run.measures(self.start - self.first, self.value[chosen], periods_a_year=self.year)

    def solve(self, plan: Plan, group: str = ALL, fill: float | None = None) -> Row:
        """Turn the knob to the target fill; between the last two knobs in a line."""
        chosen = slice(None) if group == ALL else self.groups == group
        items = int(np.arange(len(self.panel))[chosen].size)
        target = self.fill if fill is None else fill
        low, high = plan.low, plan.high
        at_high = self.measure(plan, high, chosen)
        if low == high or not at_high.fill >= target:
            return Row(plan.name, group, items, high, low == high, at_high)
        at_low = self.measure(plan, low, chosen)
        if at_low.fill >= target:
            return Row(plan.name, group, items, low, True, at_low)
        for _ in range(_STEPS):
            middle = (low + high) / 2
            made = self.measure(plan, middle, chosen)
            if made.fill < target:
                low, at_low = middle, made
            else:
                high, at_high = middle, made
        share = (target - at_low.fill) / max(at_high.fill - at_low.fill, 1e-12)
        return Row(plan.name, group, items, high, True, _between(at_low, at_high, share))

    def compare(self, names: Sequence[str], by_class: bool = True) -> list[Row]:
        """Rows of the named policies, in total and per class."""
        plans = self.plans()
        groups = [ALL, *np.unique(self.groups).tolist()] if by_class else [ALL]
        return [self.solve(plans[name], group) for group in groups for name in names]

    def as_set(self) -> Measures:
        """What `dynamic` does with the knob that the replay had set, without hindsight."""
        return self.measure(self.plans()["dynamic"], self.replayed.knob)


def prepare(
    panel: Panel,
    terms: Terms,
    fill: float,
    *,
    measured: int | None = None,
    first: int | None = None,
    recipes: Mapping[str, str] | None = None,
    season_length: int | None = None,
    value: Floats | None = None,
    lost_sales: bool = False,
    outlooks: Mapping[str, Outlook] | None = None,
    launched: Any = None,
) -> Backtest:
    """Forecast at every origin, and let a replay on the periods before those measured choose.

    The last `measured` periods are compared: two years, or one of weeks; half of a short panel.
    Stock is simulated from column `first` on: a year, or half a year of weeks. `recipes`: demand
    class -> recipe, see `forecast`. `value` (n,) weighs the pieces, else all weigh the same.
    `outlooks`: those of an earlier call on the same panel; `launched` as in `forecast`. ValueError if
    the panel has fewer than 4 periods or `fill` is not between 0 and 1.
    """
    periods = len(panel.periods)
    if periods < 4:
        raise ValueError(f"{periods} periods are too few for a back-test; it takes at least 4")
    if not 0 < fill < 1:
        raise ValueError(f"the fill is {fill}; it must lie between 0 and 1")
    start, begin = _columns(panel, measured, first)
    if outlooks is None:
        made = roll(
            panel,
            terms,
            first=begin,
            recipes=recipes,
            season_length=season_length,
            launched=launched,
        )
        outlooks = all_outlooks(panel, made)
    worth = np.ones(len(panel)) if value is None else clean(value)
    replayed = policy.replay(
        clean(panel.values), outlooks, terms, fill, slice(begin, start), (begin + start) // 2,
        worth, lost_sales,
    )  # fmt: skip
    return Backtest(panel, terms, outlooks, start, begin, fill, worth, lost_sales, replayed)


def first_column(panel: Panel) -> int:
    """The first column that `prepare` simulates, for forecasts made beforehand."""
    return _columns(panel, None, None)[1]


def begun(panel: Panel) -> Any:
    """(n,) whether a series has sold before measuring starts; no policy could serve the others."""
    return (panel.values[:, : _columns(panel, None, None)[0]] > 0).any(axis=1)


def _columns(panel: Panel, measured: int | None, first: int | None) -> tuple[int, int]:
    """First measured and first simulated column."""
    periods = len(panel.periods)
    start = periods - min(measured or MEASURED[panel.freq], periods // 2)
    least = LEAST[panel.freq] if first is None else max(first, 1)
    return start, min(least, max(start // 2, 1))


def frame(rows: Sequence[Row], fill: float, day: date) -> pl.DataFrame:
    """Rows as a frame of SCHEMA; `day`: the last period that they know."""
    return pl.DataFrame(
        [
            {"policy": row.policy, "demand_class": row.group, "series": row.items, "reached":
             row.reached, "knob": row.knob, "target": fill, "tested_at": day, **vars(row.measures)}
            for row in rows
        ],
        SCHEMA, strict=False,
    )  # fmt: skip


def _alone(levels: policy.Levels) -> Callable[[float], tuple[Floats, Floats | None]]:
    return lambda knob: (levels(knob), None)


def _cover(
    values: Floats, window: Ints, base: int
) -> Callable[[float], tuple[Floats, Floats | None]]:
    return lambda knob: (peers.cover(values, window, base, knob), None)


def _between(low: Measures, high: Measures, share: float) -> Measures:
    def line(name: str) -> float:
        a, b = float(getattr(low, name)), float(getattr(high, name))
        return a + share * (b - a) if np.isfinite(a) and np.isfinite(b) else b

    return Measures(
        line("turnover"), line("fill"), line("dead_share"),
        line("dead_share_mean"), line("excess_share"),
        round(line("orders")), line("stock"),
    )  # fmt: skip
