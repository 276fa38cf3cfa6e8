"""What the world is made of: size, time, the dealers, and what goes wrong when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl

MAKER = "ACME"
VENDOR = "vendor"
TAX_PERCENT = 13  # value added tax in China


@dataclass(frozen=True)
class DealerSpec:
    """One dealer as a business; how its files look is in `shapes`."""

    dealer_id: str
    name: str
    role: str  # core | sub | direct
    regions: tuple[str, ...]
    industries: tuple[str, ...]
    order_weekday: int  # 0 = Monday; siblings under one parent must differ
    parent: str = ""
    country: str = "CN"
    currency: str = "CNY"
    uom: str = "pcs"  # pcs | reel | kpcs
    tax_incl: bool = False
    locations: tuple[str, ...] = ("WH1",)
    transit_days: tuple[int, int] = (2, 6)
    safety_days: int = 34  # cover that the dealer aims for on its shelf
    discount_percent: int = 10  # below list
    share: float = 1.0  # of `WorldSpec.parts_per_dealer`
    aliases: bool = False  # writes some parts in its own spelling
    long_names: bool = False  # customers' names with commas and line breaks
    zeros: bool = False  # reports parts that are out of stock as lines of 0
    consigned: float = 0.0  # share of parts held in consignment
    shows_transit: bool = True


@dataclass(frozen=True)
class Event:
    """Something about one dealer's report of one month that is not as it should be."""

    kind: str  # late | restated | delta | duplicate | control_total | truncated | period | header
    dealer_id: str
    report: str
    month: int


DEALERS = (
    DealerSpec(
        "huaxin", "深圳华芯示例电子有限公司", "core", ("CN-GD", "CN-FJ", "CN-GX"),
        ("consumer", "industrial", "lighting"), 0, tax_incl=True,
        locations=("SZ-A", "SZ-B"), discount_percent=14, share=1.5, consigned=0.04,
    ),
    DealerSpec(
        "shenda", "上海申达示例科技有限公司", "core", ("CN-SH", "CN-JS", "CN-ZJ"),
        ("automotive", "industrial", "medical"), 1, tax_incl=True,
        locations=("沪一仓",), discount_percent=14, share=1.4, zeros=True,
    ),
    DealerSpec(
        "hongyuan", "北京宏远示例集成电路有限公司", "core", ("CN-BJ", "CN-TJ", "CN-HE"),
        ("telecom", "industrial", "energy"), 2,
        locations=("BJ01", "TJ02"), discount_percent=12, consigned=0.05,
    ),
    DealerSpec(
        "tianmu", "杭州天目示例电子有限公司", "sub", ("CN-GD", "CN-JX"),
        ("consumer", "lighting"), 1, parent="huaxin", share=0.8, safety_days=29,
        shows_transit=False,
    ),
    DealerSpec(
        "lanjing", "厦门蓝鲸示例元件有限公司", "sub", ("CN-FJ",), ("industrial", "lighting"), 3,
        parent="huaxin", uom="reel", share=0.6, safety_days=38, shows_transit=False,
    ),
    DealerSpec(
        "qiming", "南昌启明示例贸易有限公司", "sub", ("CN-JX",), ("consumer",), 2,
        parent="tianmu", share=0.4, safety_days=22, aliases=True, long_names=True,
        shows_transit=False,
    ),
    DealerSpec(
        "yunfan", "南京云帆示例电子有限公司", "sub", ("CN-JS", "CN-AH"),
        ("automotive", "industrial"), 2, parent="shenda", uom="kpcs", share=0.8, safety_days=29,
        shows_transit=False, zeros=True,
    ),
    DealerSpec(
        "elbtal", "Elbtal Beispiel Elektronik GmbH", "direct", ("DE-SN", "DE-BY", "DE-BW"),
        ("automotive", "medical"), 3, country="DE", currency="EUR", transit_days=(7, 14),
        locations=("DD1",), safety_days=44,
    ),
    DealerSpec(
        "lioncrest", "Lioncrest Example Components Pte Ltd", "core", ("SG-01", "SG-03"),
        ("consumer", "telecom"), 4, country="SG", currency="USD", transit_days=(5, 10),
        locations=("SIN",), safety_days=40,
    ),
    DealerSpec(
        "jinyu", "成都锦屿示例电子有限公司", "direct", ("CN-SC", "CN-CQ"),
        ("energy", "industrial"), 0, locations=("CD",), share=0.9, shows_transit=False,
    ),
    DealerSpec(
        "beichen", "沈阳北辰示例电子有限公司", "core", ("CN-LN", "CN-JL", "CN-HL"),
        ("automotive", "energy"), 3, tax_incl=True, locations=("SY-1",), safety_days=48,
    ),
    DealerSpec(
        "changfeng", "武汉长风示例半导体有限公司", "direct", ("CN-HB", "CN-HN"),
        ("telecom", "automotive"), 4, locations=("武汉仓", "长沙仓"), aliases=True, zeros=True,
    ),
)  # fmt: skip

EVENTS = tuple(
    Event(kind, dealer_id, report, month)
    for kind, dealer_id, report, month in (
        ("late", "beichen", "pos", 3),
        ("late", "beichen", "stock", 3),
        ("late", "tianmu", "pos", 7),
        ("late", "changfeng", "stock", 10),
        ("late", "lioncrest", "pos", 12),
        ("restated", "shenda", "pos", 1),
        ("restated", "elbtal", "pos", 6),
        ("restated", "beichen", "stock", 8),
        ("delta", "huaxin", "pos", 1),
        ("delta", "huaxin", "pos", 9),
        ("duplicate", "shenda", "stock", 2),
        ("duplicate", "jinyu", "pos", 5),
        ("control_total", "hongyuan", "pos", 1),
        ("truncated", "hongyuan", "stock", 2),
        ("truncated", "changfeng", "stock", 6),
        ("period", "tianmu", "pos", 4),
        ("header", "yunfan", "stock", 1),
        ("header", "lanjing", "pos", 9),
    )
)


@dataclass(frozen=True)
class WorldSpec:
    """The size of a world. The same spec always gives the same bytes."""

    seed: int = 20260
    start: str = "2025-08-01"  # the first of a month
    months: int = 15
    parts: int = 300
    parts_per_dealer: int = 72
    scale: float = 1.0  # multiplies parts, and with them every count of lines
    error_rate: float = 0.003  # planted lines per true line
    dealers: tuple[DealerSpec, ...] = DEALERS
    events: tuple[Event, ...] = field(default=EVENTS)
    vendor_returns: bool = True  # dealers send slow and faulty goods back to the vendor
    load_ins: tuple[tuple[str, int], ...] = (("jinyu", 7),)  # dealer stocked up at a month's end

    @classmethod
    def small(cls) -> WorldSpec:
        """Three dealers (core, its sub, Excel), three months: for tests."""
        chosen = ("shenda", "hongyuan", "yunfan")
        return cls(
            months=3,
            parts=40,
            parts_per_dealer=22,
            error_rate=0.01,
            dealers=tuple(d for d in DEALERS if d.dealer_id in chosen),
        )

    @property
    def first_day(self) -> date:
        """The first day of the world."""
        return date.fromisoformat(self.start)

    @property
    def days(self) -> int:
        """Number of days in the world."""
        return (self.month_start(self.months) - self.first_day).days

    def month_start(self, month: int) -> date:
        """First day of the month with this index; negative ones lie before the world."""
        count = self.first_day.year * 12 + self.first_day.month - 1 + month
        return date(count // 12, count % 12 + 1, 1)

    def month_end(self, month: int) -> date:
        """Last day of the month with this index."""
        return self.month_start(month + 1) - timedelta(days=1)

    def load_day(self, month: int) -> int:
        """Day of the world on which a load-in of a month leaves the vendor."""
        return (self.month_start(month + 1) - self.first_day).days - 10

    def month_of_day(self) -> np.ndarray:
        """Index of the month for each day of the world: shape (days,)."""
        starts = [(self.month_start(m) - self.first_day).days for m in range(self.months)]
        return np.searchsorted(starts, np.arange(self.days), side="right") - 1

    def dealer_index(self, dealer_id: str) -> int:
        """Place of a dealer among the dealers, or -1."""
        return next((i for i, d in enumerate(self.dealers) if d.dealer_id == dealer_id), -1)

    def event(self, dealer_id: str, report: str, month: int) -> str:
        """What goes wrong with this report, or an empty string."""
        for e in self.events:
            if (e.dealer_id, e.report, e.month) == (dealer_id, report, month):
                return e.kind
        return ""

    def rng(self, *stream: str | int) -> np.random.Generator:
        """A random stream of its own for each concern, so that they do not disturb each other."""
        words = [int.from_bytes(str(s).encode(), "little") for s in stream]
        return np.random.default_rng([self.seed, *words])


def dates(spec: WorldSpec, days: np.ndarray) -> pl.Series:
    """Days of the world as dates."""
    epoch = np.datetime64(spec.first_day, "D").astype(np.int64)
    return pl.Series((days + epoch).astype(np.int32)).cast(pl.Date)
