"""Planted diversion: existing lines changed so that they show one of the signals, with the truth.

No line is added and no quantity changed, so that stock balances. `PLAN` names the cases and the
harmless look-alikes that a naive rule would flag too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from chip_channel.world.flows import Flows
from chip_channel.world.lines import Spa
from chip_channel.world.spec import WorldSpec


@dataclass(frozen=True)
class Plan:
    """One case: which dealer shows what, when (share of the world's time), on how many lines."""

    signal: str
    dealer_id: str
    when: float
    lines: int
    other: str = ""  # the dealer whose lots, region or project it is
    suspicious: bool = True
    kind: str = "sale"  # of the lines


PLAN = (
    Plan("lot_elsewhere", "tianmu", 0.30, 4, "hongyuan"),
    Plan("lot_elsewhere", "jinyu", 0.60, 3, "huaxin"),
    Plan("lot_elsewhere", "jinyu", 0.75, 2, "shenda"),
    Plan("outside_region", "tianmu", 0.35, 8, "shenda"),
    Plan("outside_region", "tianmu", 0.65, 6, "beichen"),
    Plan("outside_region", "jinyu", 0.55, 6, "changfeng"),
    Plan("outside_region", "qiming", 0.70, 7, "changfeng"),
    Plan("spa_customer", "hongyuan", 0.35, 1),
    Plan("spa_customer", "changfeng", 0.75, 1),
    Plan("two_dealers", "jinyu", 0.50, 2, "changfeng"),
    Plan("two_dealers", "tianmu", 0.80, 2, "huaxin"),
    Plan("above_usual", "jinyu", 0.45, 80),
    Plan("above_usual", "qiming", 0.60, 40),
    Plan("below_corridor", "tianmu", 0.40, 5),
    Plan("below_corridor", "jinyu", 0.70, 4),
    Plan("below_corridor", "qiming", 0.80, 5),
    Plan("broker_name", "tianmu", 0.50, 5),
    Plan("broker_name", "qiming", 0.55, 6),
    Plan("broker_name", "lanjing", 0.90, 1),
    Plan("reversed_claim", "huaxin", 0.85, 1),
    Plan("reversed_claim", "hongyuan", 0.50, 1),
    # Once to a customer's branch, to a region of a sub-dealer, and a few samples: no diversion.
    Plan("outside_region", "changfeng", 0.40, 1, "shenda", suspicious=False),
    Plan("outside_region", "huaxin", 0.50, 2, "tianmu", suspicious=False),
    Plan("outside_region", "shenda", 0.30, 2, "beichen", suspicious=False, kind="sample"),
)
SMALL = (
    Plan("lot_elsewhere", "hongyuan", 0.5, 2, "shenda"),
    Plan("outside_region", "hongyuan", 0.4, 4, "shenda"),
    Plan("spa_customer", "hongyuan", 0.4, 1),
    Plan("below_corridor", "hongyuan", 0.7, 2),
    Plan("broker_name", "yunfan", 0.5, 2),
    Plan("reversed_claim", "shenda", 0.3, 1),
    Plan("reversed_claim", "hongyuan", 0.3, 1),
    Plan("outside_region", "shenda", 0.5, 1, "yunfan", suspicious=False),
)
BROKERS = (
    "深圳辰巳电子贸易行",
    "Kwong Spot Trading (HK)",
    "华强北样例现货商行",
    "Tolvane Brokers Ltd",
)
BACK_AFTER = 13  # days from a sale until it comes back, so that its claim came before


@dataclass
class Case:
    """Lines of one planted case, as places in the frame of its dealer."""

    plan: Plan
    dealer: int
    lines: np.ndarray


@dataclass
class Planter:
    """Changes lines of `frames` (one per dealer, as of `traces`); each line only once."""

    flows: Flows
    frames: list[pl.DataFrame]
    sell_in: pl.DataFrame
    spas: list[Spa]
    cases: list[Case] = field(default_factory=list)

    def __post_init__(self) -> None:
        # A sale that came back, and what came back, stay as they are.
        self.used = [frame["row"].is_duplicated().to_numpy().copy() for frame in self.frames]
        self.rng = self.flows.spec.rng("diversion")

    def plant(self) -> list[Case]:
        """All cases of the plan that this world has dealers and lines for."""
        for plan in plans(self.flows.spec):
            dealer = self.flows.spec.dealer_index(plan.dealer_id)
            how: Callable[[Plan, int], np.ndarray] = getattr(self, f"_{plan.signal}")
            found = how(plan, dealer)
            if len(found):
                self.used[dealer][found] = True
                self.cases.append(Case(plan, dealer, np.sort(found)))
        return self.cases

    def _able(self, plan: Plan, dealer: int, months: int = 2) -> np.ndarray:
        """Mask of ordinary sales to customers in the months of the plan."""
        frame, spec = self.frames[dealer], self.flows.spec
        first = min(int(plan.when * spec.months), spec.months - months)
        sale = (frame["type"] == plan.kind) & frame["spa_no"].is_null()
        sale &= frame["month"].is_between(first, first + months - 1)
        ends = frame["buyer"] < len(self.flows.catalogue.customers.name)
        return (sale & ends).to_numpy() & ~self.used[dealer]

    def _some(self, able: np.ndarray, number: int) -> np.ndarray:
        at = np.flatnonzero(able)
        return self.rng.choice(at, min(number, len(at)), replace=False)

    def _set(self, dealer: int, at: np.ndarray, **values: object) -> None:
        """Put one value, or one per line, into columns at some lines."""
        frame = self.frames[dealer]
        changed = []
        for name, value in values.items():
            new = (
                value
                if isinstance(value, pl.Series)
                else pl.Series([value] * len(at), dtype=frame.schema[name])
            )
            changed.append(frame[name].scatter(at, new).alias(name))
        self.frames[dealer] = frame.with_columns(changed)

    def _lot_elsewhere(self, plan: Plan, dealer: int) -> np.ndarray:
        """Lines of the part that shows it most, with the lot that another dealer got last."""
        frame = self.frames[dealer].with_row_index("at")
        theirs = self.sell_in.filter(pl.col("ship_to_dealer") == plan.other)
        theirs = theirs.select("part", "arrived", other_lot="lot").sort("arrived")
        able = frame.filter(pl.Series(self._able(plan, dealer))).sort("day", maintain_order=True)
        able = able.join_asof(
            theirs, left_on="day", right_on="arrived", by="part", check_sortedness=False
        ).filter(pl.col("other_lot").is_not_null())
        best = able.group_by("other_lot").len().sort("len", "other_lot", descending=[True, False])
        chosen = able.join(best.head(1), on="other_lot").head(plan.lines)
        at = chosen["at"].to_numpy().astype(np.int64)
        self._set(dealer, at, lot=chosen["other_lot"])
        return at

    def _outside_region(self, plan: Plan, dealer: int) -> np.ndarray:
        """Goods to a region where another dealer is at home."""
        spec = self.flows.spec
        other = spec.dealers[spec.dealer_index(plan.other)]
        at = self._some(self._able(plan, dealer), plan.lines)
        self._set(dealer, at, ship_to_region=other.regions[-1], ship_to_country=other.country)
        return at

    def _spa_customer(self, plan: Plan, dealer: int) -> np.ndarray:
        """A special price for somebody else than the customer that it was given for."""
        frame, first = self.frames[dealer], self.flows.catalogue.customers.first
        able = (frame["spa_no"].is_not_null() & (frame["type"] == "sale")).to_numpy()
        at = self._some(able & ~self.used[dealer], plan.lines)
        if len(at):
            now = int(frame["buyer"][int(at[0])])
            self._sell_to(dealer, at, int(first[dealer] + (now + 1 - first[dealer]) % 5))
        return at

    def _two_dealers(self, plan: Plan, dealer: int) -> np.ndarray:
        """A project that another dealer has registered; its customer buys here as well."""
        other = self.frames[self.flows.spec.dealer_index(plan.other)]
        able = self._able(plan, dealer)
        here = self.frames[dealer].filter(pl.Series(able))["part"]
        theirs = other.filter(
            pl.col("design_reg_no").is_not_null() & pl.col("part").is_in(here.implode())
        )
        if theirs.is_empty():
            return np.zeros(0, dtype=np.int64)
        project = theirs.group_by("design_reg_no", "part", "sold_to").len().sort(
            "len", "design_reg_no", descending=[True, False]
        ).row(0, named=True)  # fmt: skip
        same = (self.frames[dealer]["part"] == project["part"]).to_numpy()
        at = self._some(able & same, plan.lines)
        buyer = project["sold_to"]
        self._set(
            dealer, at, design_reg_no=project["design_reg_no"], sold_to=buyer, end_customer=buyer
        )
        return at

    def _above_usual(self, plan: Plan, dealer: int) -> np.ndarray:
        """Sales of a month that all go to one customer of middling size."""
        first = self.flows.catalogue.customers.first
        at = self._some(self._able(plan, dealer, months=1), plan.lines)
        self._sell_to(dealer, at, int(first[dealer]) + 6)
        return at

    def _sell_to(self, dealer: int, at: np.ndarray, customer: int) -> None:
        """Give lines to another customer of the same dealer."""
        c = self.flows.catalogue.customers
        self._set(
            dealer, at, buyer=customer, sold_to=c.name[customer], end_customer=c.name[customer],
            ship_to_region=c.region[customer], end_application=c.industry[customer],
            design_reg_no=None,
        )  # fmt: skip

    def _below_corridor(self, plan: Plan, dealer: int) -> np.ndarray:
        """A price a sixth below what the dealer paid, without a special price."""
        at = self._some(self._able(plan, dealer), plan.lines)
        low = self.frames[dealer]["book_cost"].gather(at) * 84 // 10_000 * 100
        self._set(dealer, at, resale_price=low)
        return at

    def _broker_name(self, plan: Plan, dealer: int) -> np.ndarray:
        """Sales to somebody whose name is that of a trader."""
        at = self._some(self._able(plan, dealer), plan.lines)
        name = BROKERS[len(self.cases) % len(BROKERS)]
        self._set(dealer, at, sold_to=name, end_customer=name, design_reg_no=None)
        return at

    def _reversed_claim(self, plan: Plan, dealer: int) -> np.ndarray:
        """A return of the part is made one of goods sold under a special price, after the claim.

        The lines of the case are the sale and its return.
        """
        frame = self.frames[dealer].with_row_index("at")
        back = frame.filter(pl.col("type") == "return").select(
            "part", back="at", back_day="day", back_qty="qty"
        )
        sold = frame.filter(
            pl.col("spa_no").is_not_null() & (pl.col("type") == "sale")
            & pl.Series(~self.used[dealer])
        )  # fmt: skip
        pairs = sold.join(back, on="part").filter(
            (pl.col("back_day") >= pl.col("day") + BACK_AFTER)
            & (pl.col("qty") + pl.col("back_qty") >= 0)
        )
        if pairs.is_empty():
            return np.zeros(0, dtype=np.int64)
        chosen = pairs.sort("back_day", "at").row(int(plan.when * len(pairs)), named=True)
        at = np.array([chosen["back"]])
        same = (
            "row buyer spa_no resale_price sold_to end_customer ship_to_country ship_to_region"
            " end_application customer_po lot design_reg_no"
        )
        self._set(
            dealer,
            at,
            original_invoice=chosen["invoice_no"],
            **{n: chosen[n] for n in same.split()},
        )
        return np.array([chosen["at"], chosen["back"]])


def plans(spec: WorldSpec) -> list[Plan]:
    """The cases that the dealers of this world can show."""

    def possible(plan: Plan) -> bool:
        names = [plan.dealer_id, plan.other] if plan.other else [plan.dealer_id]
        return all(spec.dealer_index(name) >= 0 for name in names)

    whole = spec.dealer_index("tianmu") >= 0
    return [plan for plan in (PLAN if whole else SMALL) if possible(plan)]


def reversed_too(
    cases: Sequence[Case], dealer_id: str, dealer: int, pos: pl.DataFrame, faults: pl.DataFrame
) -> list[Case]:
    """Sales of a dealer that came back after their claim without being planted: the same signal."""
    known = {int(at) for c in cases if c.dealer == dealer for at in c.lines}
    rows = faults.filter(pl.col("fault") == "reversed")["row"].to_list()
    found = [np.flatnonzero((pos["row"] == row).to_numpy()) for row in rows]
    plan = Plan("reversed_claim", dealer_id, 0, 2)
    return [Case(plan, dealer, at) for at in found if not known & set(at.tolist())]


def table(
    flows: Flows, cases: Sequence[Case], pos: Sequence[pl.DataFrame], sell_in: pl.DataFrame
) -> pl.DataFrame:
    """The truth: a row for each line that shows a case; `pos` as the dealers reported it.

    `sell_in` lines are those of the load-ins.
    """
    spec = flows.spec
    rows = []
    for number, case in enumerate(cases, 1):
        plan = case.plan
        lines = pos[case.dealer][case.lines]
        rows.append(
            lines.select(
                case_id=pl.lit(f"D{number:03d}"),
                signal=pl.lit(plan.signal),
                suspicious=pl.lit(plan.suspicious),
                dealer_id=pl.lit(plan.dealer_id),
                other_dealer_id=pl.lit(plan.other or None, dtype=pl.String),
                mpn="mpn",
                region="ship_to_region",
                month=pl.col("invoice_date").dt.truncate("1mo"),
                report=pl.lit("pos"),
                invoice_no="invoice_no",
                line_no="line_no",
            )
        )
    for number, (dealer_id, month) in enumerate(spec.load_ins, len(cases) + 1):
        day = spec.load_day(month) if month < spec.months else -1
        mine = sell_in.filter(
            (pl.col("ship_to_dealer") == dealer_id) & (day >= 0)
            & (pl.col("ordered") == day - 10) & pl.col("shipped").is_between(day, day + 2)
        )  # fmt: skip
        rows.append(
            mine.select(
                case_id=pl.lit(f"D{number:03d}"),
                signal=pl.lit("load_in"),
                suspicious=pl.lit(True),
                dealer_id="ship_to_dealer",
                other_dealer_id=pl.lit(None, dtype=pl.String),
                mpn="mpn",
                region=pl.lit(None, dtype=pl.String),
                month=pl.col("ship_date").dt.truncate("1mo"),
                report=pl.lit("sell_in"),
                invoice_no="invoice_no",
                line_no="line_no",
            )
        )
    return pl.concat(rows)
