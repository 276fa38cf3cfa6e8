"""Stock over time: what a policy does to demand that really came.

One compiled pass over items × periods. In each period, in this order: goods ordered a lead time ago
arrive and serve the backlog; if it is a review period, the position (on hand + on order − backlog)
is compared with the order-up-to level and an order may go out, which with lead time 0 arrives at
once; demand comes and is served. So an order at period t has to last for periods t … t + lead + review − 1.

Default is **backorder**: what a dealer cannot ship stands in the backlog of a channel, is reported
as such and shipped later. **Lost sales** is for demand that goes elsewhere.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
NEVER = np.iinfo(np.int64).max
DEAD_DAYS = 180
_TOLERANCE = 1e-9
"""Relative: what is left of a sum that should be nothing is nothing."""


@dataclass(frozen=True)
class Terms:
    """How items can be ordered; every array has one value per item (n).

    `lead_time` and `review` in periods, `moq` and `spq` in pieces (0 or 1 pack: no rounding below
    a piece where 0), `last_order` the last period in which an order may go out.
    `mended` counts what was missing or impossible, by name; see `of`.
    """

    lead_time: Ints
    review: Ints
    moq: Floats
    spq: Floats
    last_order: Ints
    mended: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        n: int,
        lead_time: Any = 1,
        review: Any = 1,
        moq: Any = 0.0,
        spq: Any = 0.0,
        last_order: Any = None,
        default_lead_time: int = 1,
    ) -> "Terms":
        """Terms of `n` items from numbers or arrays; what is impossible is replaced and counted.

        A lead time that is missing or negative becomes the median of those that are known
        (`default_lead_time` if none is); 0 stays, it means "arrives at once". A review below 1 or
        missing becomes 1; MOQ and SPQ that are missing or negative become 0; a `last_order` that is
        missing is never. Fractions of a lead time are rounded up. ValueError for a wrong length.
        """
        lead = _column(n, lead_time, "lead_time")
        known = np.isfinite(lead) & (lead >= 0)
        usual = float(np.median(lead[known])) if known.any() else float(default_lead_time)
        every = _column(n, review, "review")
        reviewed = np.isfinite(every) & (every >= 1)
        least, pack = _column(n, moq, "moq"), _column(n, spq, "spq")
        whole = np.isfinite(least) & (least >= 0), np.isfinite(pack) & (pack >= 0)
        last = _column(n, np.nan if last_order is None else last_order, "last_order")
        dated = np.isfinite(last)
        counts = {
            "lead_time": ~known, "review": ~reviewed, "moq": ~whole[0], "spq": ~whole[1],
        }  # fmt: skip
        return cls(
            np.ceil(np.where(known, lead, usual)).astype(np.int64),
            np.where(reviewed, every, 1).astype(np.int64),
            np.where(whole[0], least, 0.0),
            np.where(whole[1], pack, 0.0),
            np.where(dated, np.where(dated, last, 0).astype(np.int64), NEVER),
            {name: int(bad.sum()) for name, bad in counts.items() if bad.any()},
        )

    @property
    def window(self) -> Ints:
        """Periods (n) that an order has to last: lead time + review."""
        return self.lead_time + self.review

    def take(self, chosen: Any) -> "Terms":
        """The same for some of the items."""
        names = ("lead_time", "review", "moq", "spq", "last_order")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})

    def since(self, first: int) -> "Terms":
        """The same when periods are counted from `first`."""
        last = np.where(self.last_order == NEVER, NEVER, self.last_order - first)
        return replace(self, last_order=last)


@dataclass(frozen=True)
class Measures:
    """What came of it; shares from 0 to 1, nan where there was nothing to divide by."""

    turnover: float
    fill: float
    dead_share: float
    """At the end of the last period."""
    dead_share_mean: float
    """Over all periods."""
    excess_share: float
    orders: int
    stock: float
    """Mean stock, in the unit of `value`."""


@dataclass(frozen=True)
class Outcome:
    """Pieces by item and period, all (n, T).

    Balance: `opening + receipts − shipped = closing`. `stock` is the mean of a period, half-way
    between what lay there before and after demand. `short` is demand not served in its own period.
    """

    demand: Floats
    opening: Floats
    receipts: Floats
    shipped: Floats
    short: Floats
    orders: Floats
    backlog: Floats
    position: Floats
    """Before the order, at the start of the period."""

    @cached_property
    def closing(self) -> Floats:
        """On hand at the end."""
        return np.maximum(self.opening + self.receipts - self.shipped, 0.0)

    @cached_property
    def stock(self) -> Floats:
        """Mean on hand of the period."""
        return (self.opening + self.receipts + self.closing) / 2

    def measures(
        self,
        start: int = 0,
        value: Floats | None = None,
        chosen: Any = slice(None),
        periods_a_year: float = 12.0,
    ) -> Measures:
        """Measures over periods from `start`, for the `chosen` items, in pieces × `value` (n).

        turnover = shipped a year ÷ mean stock; fill = 1 − short ÷ demand; dead share = stock of
        items without demand in the last 180 days ÷ stock; excess share = stock above a year of
        trailing demand ÷ stock, at the end of periods. What is trailing may lie before `start`.
        """
        worth = np.ones(len(self.demand)) if value is None else np.asarray(value, dtype=float)
        worth = worth[chosen][:, None]
        demand, now = self.demand[chosen], slice(start, None)
        stock, closing = self.stock[chosen][:, now], self.closing[chosen][:, now]
        silent = _trailing(demand, round(DEAD_DAYS / 365.25 * periods_a_year))[:, now] <= 0
        year = _trailing(demand, round(periods_a_year))[:, now]
        held, asked = (worth * stock).sum(), (worth * demand[:, now]).sum()
        shipped = (worth * self.shipped[chosen][:, now]).sum()
        periods = max(stock.shape[1], 1)
        return Measures(
            turnover=_ratio(shipped * periods_a_year, held),
            fill=1 - _ratio((worth * self.short[chosen][:, now]).sum(), asked),
            dead_share=_ratio(
                (worth * closing * silent)[:, -1:].sum(), (worth * closing)[:, -1:].sum()
            ),
            dead_share_mean=_ratio((worth * closing * silent).sum(), (worth * closing).sum()),
            excess_share=_ratio(
                (worth * np.maximum(closing - year, 0)).sum(), (worth * closing).sum()
            ),
            orders=int((self.orders[chosen][:, now] > 0).sum()),
            stock=float(held / periods),
        )


def simulate(
    demand: Floats,
    level: Floats,
    terms: Terms,
    *,
    reorder: Floats | None = None,
    cap: Floats | None = None,
    opening: Floats | None = None,
    lost_sales: bool = False,
) -> Outcome:
    """Run order-up-to levels – (s, S) with `reorder` as s – against demand; all (n, T), in pieces.

    An order goes out in a review period when the position is below `level` and, if `reorder` is
    given, not above it: max(MOQ, level − position), rounded up to SPQ. Demand that is missing or
    negative counts as none, a level that is not a number as 0. The position after an order stays
    below `cap` (n, T): there the amount is rounded down to SPQ, and below MOQ nothing is ordered.
    `opening` (n): on hand before the first period; by default the first level. ValueError if shapes differ.
    """
    level = np.nan_to_num(np.asarray(level, dtype=float), nan=0.0, posinf=0.0, neginf=0.0)
    demand = clean(demand)
    if demand.shape != level.shape or (reorder is not None and reorder.shape != level.shape):
        raise ValueError(f"demand {demand.shape} and level {level.shape} must have one shape")
    if not demand.size:
        return Outcome(*(np.zeros_like(demand) for _ in range(8)))
    point, most = (
        np.full((1, 1), np.inf) if given is None else np.asarray(given, dtype=float)
        for given in (reorder, cap)
    )
    start = level[:, 0] if opening is None else np.asarray(opening, dtype=float)
    return Outcome(
        demand,
        *_run(
            demand, level, point, most, terms.lead_time, terms.review, terms.moq, terms.spq,
            terms.last_order, np.maximum(np.nan_to_num(start), 0.0), lost_sales,
        ),
    )  # fmt: skip


def clean(demand: Floats) -> Floats:
    """Demand as the simulator takes it: missing, infinite and negative values are none."""
    given = np.asarray(demand, dtype=float)
    return np.where(np.isfinite(given) & (given > 0), given, 0.0)


def order_quantity(need: Floats, moq: Floats, spq: Floats, room: Floats | None = None) -> Floats:
    """max(MOQ, need), rounded up to SPQ where there is need, else 0; SPQ 0 does not round.

    More than `room` is rounded down to SPQ instead, and then nothing if that is below MOQ. All (n,).
    """
    pack = np.where(spq > 0, spq, 1.0)
    wanted = np.maximum(need, moq)
    up = np.where(spq > 0, np.ceil(wanted / pack - _TOLERANCE) * pack, wanted)
    if room is not None:
        free = np.maximum(room, 0.0)
        held = np.where(np.isfinite(free), free, 0.0)
        down = np.where(spq > 0, np.floor(held / pack + _TOLERANCE) * pack, held)
        up = np.where(up <= free, up, np.where(down >= moq, down, 0.0))
    return np.where(need > 0, up, 0.0)


def _column(n: int, given: Any, name: str) -> Floats:
    values = np.asarray(given, dtype=float)
    if values.ndim > 1 or (values.ndim == 1 and len(values) != n):
        raise ValueError(f"{name} has shape {values.shape}; one number or {n} are wanted")
    return np.broadcast_to(values, (n,)).astype(float)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")


def _trailing(values: Floats, periods: int) -> Floats:
    """Sum of the last `periods` values up to and with each, (n, T)."""
    total = np.cumsum(values, axis=1)
    total[:, periods:] -= total[:, :-periods].copy() if periods else 0.0
    return np.where(total > _TOLERANCE * max(float(values.max(initial=0)), 1.0), total, 0.0)


@numba.njit(cache=True)
def _run(
    demand: Floats,
    level: Floats,
    point: Floats,
    most: Floats,
    lead_time: Ints,
    review: Ints,
    moq: Floats,
    spq: Floats,
    last_order: Ints,
    start: Floats,
    lost_sales: bool,
) -> tuple[Floats, ...]:  # pragma: no cover - compiled
    n, periods = demand.shape
    opening, receipts = np.zeros((n, periods)), np.zeros((n, periods))
    shipped, short = np.zeros((n, periods)), np.zeros((n, periods))
    orders, backlogs, positions = (
        np.zeros((n, periods)), np.zeros((n, periods)), np.zeros((n, periods)),
    )  # fmt: skip
    both, capped = point.shape == level.shape, most.shape == level.shape
    for i in range(n):
        hand, on_order, backlog = start[i], 0.0, 0.0
        for t in range(periods):
            opening[i, t] = hand
            arrived = orders[i, t - lead_time[i]] if 0 < lead_time[i] <= t else 0.0
            on_order -= arrived
            position = hand + arrived + on_order - backlog
            positions[i, t] = position
            need = level[i, t] - position
            if (
                t % review[i] == 0
                and t <= last_order[i]
                and need > 1e-9 * max(level[i, t], 1.0)
                and (not both or position <= point[i, t])
            ):
                amount = max(need, moq[i])
                if spq[i] > 0:
                    amount = np.ceil(amount / spq[i] - 1e-9) * spq[i]
                if capped and amount > most[i, t] - position:
                    amount = max(most[i, t] - position, 0.0)
                    if spq[i] > 0:
                        amount = np.floor(amount / spq[i] + 1e-9) * spq[i]
                    if amount < moq[i]:
                        amount = 0.0
                orders[i, t] = amount
                if lead_time[i] == 0:
                    arrived = amount
                else:
                    on_order += amount
            receipts[i, t] = arrived
            there = hand + arrived
            late = min(backlog, there)
            served = min(demand[i, t], there - late)
            short[i, t] = demand[i, t] - served
            backlog = 0.0 if lost_sales else backlog - late + short[i, t]
            shipped[i, t] = late + served
            hand = max(there - late - served, 0.0)
            backlogs[i, t] = backlog
    return opening, receipts, shipped, short, orders, backlogs, positions
