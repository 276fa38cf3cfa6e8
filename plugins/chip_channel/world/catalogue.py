"""What stands still: parts with their lifecycle, customers, market series and prices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from chip_channel.world.spec import DealerSpec, WorldSpec

NEVER = 10**6  # a day after any world
LONG_AGO = -3000
HISTORY = 24  # months of market series before the world

# family, letters of the part number, list price low..high in CNY, packs, influence of the market
FAMILIES = (
    ("PMIC", "PM", 4.0, 18.0, (2500, 3000), 0.8),
    ("MCU", "MC", 6.0, 42.0, (1000, 1500), 0.9),
    ("LDO", "LD", 0.4, 2.5, (3000, 5000), 0.4),
    ("DCDC", "DC", 1.2, 8.0, (2500, 3000), 0.6),
    ("MOSFET", "MF", 0.5, 3.5, (3000, 5000), 0.5),
    ("SENSOR", "SN", 3.0, 30.0, (1000, 2500), 0.3),
    ("RFFE", "RF", 5.0, 36.0, (2000, 3000), 1.0),
    ("ADC", "AD", 12.0, 80.0, (490, 1000), 0.2),
    ("OPAMP", "OP", 0.8, 7.0, (2500, 4000), 0.3),
    ("INTERFACE", "IF", 2.0, 14.0, (1000, 2500), 0.4),
    ("FLASH", "FL", 3.0, 22.0, (2000, 4000), 1.1),
    ("DRIVER", "DR", 1.0, 9.0, (2500, 3000), 0.5),
)
CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
PACKAGES = ("QFN32", "SOT23", "SOP8", "WLCSP9", "LQFP48", "DFN6")
SEASON = np.array([0.95, 0.62, 1.08, 1.06, 1.02, 1.0, 0.97, 1.0, 1.08, 1.03, 1.1, 1.09])

CITIES = {
    "CN-GD": "深圳", "CN-FJ": "福州", "CN-GX": "南宁", "CN-SH": "上海", "CN-JS": "苏州",
    "CN-ZJ": "宁波", "CN-BJ": "北京", "CN-TJ": "天津", "CN-HE": "石家庄", "CN-JX": "赣州",
    "CN-AH": "合肥", "CN-SC": "绵阳", "CN-CQ": "重庆", "CN-LN": "大连", "CN-JL": "长春",
    "CN-HL": "哈尔滨", "CN-HB": "宜昌", "CN-HN": "株洲",
}  # fmt: skip
SYLLABLES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
TRADES = ("电子(样例)有限公司", "智能科技样例公司", "仪器样例股份有限公司", "电气样例有限公司")
FOREIGN = {"DE": ("GmbH", "AG", "KG"), "SG": ("Pte Ltd", "Pte. Ltd.", "Holdings, Ltd")}
STEMS = ("Müsterlin", "Altbrück", "Vexolar", "Quintara", "Brelnor", "Osteva", "Kalmure", "Tolvane")


@dataclass(frozen=True)
class Parts:
    """Arrays over parts, shape (parts,). Days count from the start of the world."""

    mpn: np.ndarray
    alias: np.ndarray  # shape (parts, 2)
    family: np.ndarray  # index into FAMILIES
    spq: np.ndarray
    moq: np.ndarray
    lead: np.ndarray  # days
    demand_class: np.ndarray  # index into CLASSES
    launch: np.ndarray
    pcn: np.ndarray
    last_buy: np.ndarray
    last_ship: np.ndarray
    successor: np.ndarray  # index of a part, or -1

    def __len__(self) -> int:
        return len(self.mpn)

    def stage(self, day: int) -> np.ndarray:
        """Lifecycle stage of each part on a day."""
        return np.select(
            [
                day >= self.last_ship,
                day >= self.last_buy,
                day >= self.pcn,
                day >= self.pcn - 150,
                day >= self.launch + 90,
            ],
            ["OBSOLETE", "EOL", "LTB", "NRND", "ACTIVE"],
            "NPI",
        )


@dataclass(frozen=True)
class Customers:
    """Arrays over customers, grouped by dealer: dealer `i` has `first[i]:first[i + 1]`."""

    name: np.ndarray
    country: np.ndarray
    region: np.ndarray
    industry: np.ndarray
    first: np.ndarray


class Catalogue:
    """All that the simulation takes as given."""

    def __init__(self, spec: WorldSpec) -> None:
        self.spec = spec
        self.parts = _parts(spec)
        self.customers = _customers(spec)

    @cached_property
    def index(self) -> np.ndarray:
        """Sentiment of the market by month in 1/100 points; entry `HISTORY` is month 0."""
        rng = self.spec.rng("index")
        n = HISTORY + self.spec.months
        noise = np.zeros(n)
        for i, shock in enumerate(rng.normal(0, 2.0, n)):
            noise[i] = 0.7 * noise[i - 1] + shock
        cycle = 9 * np.sin(np.arange(n) * 2 * np.pi / 44)
        return np.rint((100 + cycle + noise) * 100).astype(np.int64)

    @cached_property
    def fx(self) -> dict[str, np.ndarray]:
        """CNY for one unit, in 1/10,000, by month like `index`."""
        n = HISTORY + self.spec.months
        series = {"CNY": np.full(n, 10_000)}
        for currency, level in (("USD", 71_400), ("EUR", 77_800)):
            steps = self.spec.rng("fx", currency).normal(0, 0.006, n).cumsum()
            series[currency] = np.rint(level * np.exp(steps - steps[HISTORY])).astype(np.int64)
        return series

    @cached_property
    def quarter_of_month(self) -> np.ndarray:
        """Index of the price quarter of each month; quarter 0 holds the world's first day."""
        offset = (self.spec.first_day.month - 1) % 3
        return (np.arange(self.spec.months) + offset) // 3

    @cached_property
    def list_price(self) -> np.ndarray:
        """List price in CNY/10,000, whole cents (fen): shape (quarters, parts).

        Prices slide a little each quarter; in quarter 3 two families fall by 9 %, which is the
        drop that price protection pays for.
        """
        rng = self.spec.rng("price")
        low = np.array([f[2] for f in FAMILIES])[self.parts.family]
        high = np.array([f[3] for f in FAMILIES])[self.parts.family]
        price = low * (high / low) ** rng.random(len(self.parts))
        rows = []
        for quarter in range(int(self.quarter_of_month[-1]) + 1):
            change = rng.choice([1.0, 1.0, 0.99, 0.98, 1.01], len(self.parts))
            if quarter == 3:
                change = np.where(np.isin(self.parts.family, (2, 10)), 0.91, change)
            price = price * change if quarter else price
            rows.append(np.rint(price * 100).astype(np.int64) * 100)
        return np.array(rows)

    def book_cost(self, dealer: DealerSpec, month: np.ndarray, part: np.ndarray) -> np.ndarray:
        """What the dealer pays in CNY/10,000 per piece, whole cents.

        A sub-dealer pays its parent's cost and 4 % on it at every level.
        """
        listed = self.list_price[self.quarter_of_month[month], part]
        by_id = {d.dealer_id: d for d in self.spec.dealers}
        levels = 0
        while dealer.parent:
            dealer, levels = by_id[dealer.parent], levels + 1
        cost = whole_cents(listed * (100 - dealer.discount_percent) // 100)
        for _ in range(levels):
            cost = whole_cents(cost * 104 // 100)
        return cost

    def in_currency(self, cny_e4: np.ndarray, currency: str, month: np.ndarray) -> np.ndarray:
        """CNY/10,000 -> currency/10,000 at the rate of the month, rounded half up."""
        rate = self.fx[currency][HISTORY + month]
        return (cny_e4 * 20_000 + rate) // (2 * rate)


def whole_cents(money_e4: np.ndarray) -> np.ndarray:
    """Round half up to 1/100, so that 13 % tax on it is exact in 1/10,000."""
    return (money_e4 + 50) // 100 * 100


def _parts(spec: WorldSpec) -> Parts:
    rng = spec.rng("parts")
    n = round(spec.parts * spec.scale)
    family = np.arange(n) % len(FAMILIES)
    number = 1000 + np.arange(n) * 7
    package = rng.integers(0, len(PACKAGES), n)
    stem = np.array([f"AX{FAMILIES[f][1]}{k}" for f, k in zip(family, number, strict=True)])
    pack = np.array(PACKAGES)[package]
    mpn = np.char.add(np.char.add(np.char.add(stem, "-"), pack), "-TR")
    alias = np.stack([np.char.replace(mpn, "-", ""), np.char.replace(mpn, "-", " ")], axis=1)

    kind = rng.random(n)
    days = max(spec.days, 300)
    new = kind < 0.08
    ending = (kind >= 0.08) & (kind < 0.22)
    launch = np.where(new, rng.integers(30, int(days * 0.8), n), rng.integers(-2400, -300, n))
    pcn = np.where(ending, rng.integers(-120, int(days * 0.6), n), NEVER)
    last_buy = np.where(ending, pcn + rng.integers(120, 200, n), NEVER)
    last_ship = np.where(ending, last_buy + rng.integers(60, 150, n), NEVER)
    # The next part of the same family that lives on.
    successor = np.full(n, -1)
    alive = np.flatnonzero(~ending & ~new)
    for f in range(len(FAMILIES)):
        heirs = alive[family[alive] == f]
        gone = np.flatnonzero(ending & (family == f))
        if len(heirs):
            successor[gone] = heirs[np.arange(len(gone)) % len(heirs)]
    choice = rng.integers(0, 2, n)
    spq = np.array([f[4] for f in FAMILIES])[family, choice]
    return Parts(
        mpn=mpn,
        alias=alias,
        family=family,
        spq=spq,
        moq=spq * rng.choice([1, 1, 2], n),
        lead=rng.choice([21, 28, 42, 56, 70, 84], n, p=[0.15, 0.2, 0.25, 0.2, 0.12, 0.08]),
        demand_class=rng.choice(4, n, p=[0.32, 0.2, 0.28, 0.2]),
        launch=launch,
        pcn=pcn,
        last_buy=last_buy,
        last_ship=last_ship,
        successor=successor,
    )


def _customers(spec: WorldSpec) -> Customers:
    name, country, region, industry, first = [], [], [], [], [0]
    for dealer in spec.dealers:
        rng = spec.rng("customers", dealer.dealer_id)
        seen: set[str] = set()
        while len(seen) < round(36 * dealer.share):
            where = str(rng.choice(dealer.regions))
            text = _customer_name(dealer, where, rng)
            if text not in seen:
                seen.add(text)
                name.append(text)
                country.append(dealer.country)
                region.append(where)
                industry.append(str(rng.choice(dealer.industries)))
        first.append(len(name))
    return Customers(
        name=np.array(name, dtype=object),
        country=np.array(country, dtype=object),
        region=np.array(region, dtype=object),
        industry=np.array(industry, dtype=object),
        first=np.array(first),
    )


def _customer_name(dealer: DealerSpec, region: str, rng: np.random.Generator) -> str:
    if dealer.country == "CN":
        stem = "".join(rng.choice(list(SYLLABLES), 2))
        name = f"{CITIES[region]}{stem}{rng.choice(TRADES)}"
        # Some systems keep the department, and a line break, in the name.
        tail = rng.choice(["", ", 采购一部", "\n采购中心, 二楼"])
        return f"{name}{tail}" if dealer.long_names else name
    stem = f"{rng.choice(STEMS)} {chr(65 + int(rng.integers(26)))}{int(rng.integers(10, 99))}"
    return f"{stem} {rng.choice(FOREIGN[dealer.country])}"
