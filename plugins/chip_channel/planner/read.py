"""What planning reads: demand, positions and parts as they are published, at one instant."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psycopg
from psycopg import IsolationLevel

from chip_channel.planning.facts import Facts
from chip_channel.planning.market import Index
from chip_channel.planning.panel import Panel, from_frame
from chip_channel.planning.simulate import Floats, Terms
from chip_channel.settings import settings
from chip_channel.warehouse import connect

QUERIES = Path(__file__).with_name("queries")
PAIR = "dealer_id", "product_id"
SUPPORT = 52
"""Weeks after the last shipment in which a part is still sold, falling to nothing; see `stages`."""
REVIEW = 1
"""Weeks between orders."""
_LEAD_TIME = 8
"""Weeks, where no part has a lead time."""
LEAST_WEEKS = 10
"""Fewer weeks of demand say nothing that could be planned on, nor judged."""


class NothingToPlanError(LookupError):
    """No demand is published, or too little."""


@dataclass(frozen=True)
class Inputs:
    """One instant of the published marts."""

    origin: date
    """Monday of the last week that is known as a whole."""
    panel: Panel
    """Demand by week; ids are `dealer|maker|mpn`. Weeks that a dealer has not reported are nan."""
    items: pl.DataFrame
    """One row per dealer and part that sold or lies somewhere, those of the panel first and in its
    order: dealer_id, product_id, as_of, on_hand, on_order, region, role, and the part's columns."""
    moved: pl.DataFrame
    """product_id, dealer_id, week, placed, sold."""
    index: pl.DataFrame
    """series, period, value, published_at."""

    @cached_property
    def terms(self) -> Terms:
        """Lead time, review, MOQ and SPQ of the panel's series, in weeks and pieces."""
        lead = np.ceil(self.number("lead_time_days") / 7)
        return Terms.of(len(self.panel), lead[: len(self.panel)], REVIEW, self._of("moq"),
                        self._of("spq"), default_lead_time=_LEAD_TIME)  # fmt: skip

    @cached_property
    def facts(self) -> Facts:
        """Family, dates and index, of the panel's series."""
        n = len(self.panel)
        launched, last_buy, last_ship = (
            self.days(name)[:n] for name in ("launch_date", "last_buy", "last_ship")
        )
        family = self.items["family"].fill_null("")[:n].to_numpy().astype(np.str_)
        index = Index.from_frame(self.index) if self.index.height else None
        return Facts(family, launched, last_buy, last_ship, index, support=SUPPORT)

    @property
    def value(self) -> Floats:
        """(n,) list price in the currency of the marts; where there is none, the median."""
        price = self._of("list_price")
        known = price[np.isfinite(price) & (price > 0)]
        usual = float(np.median(known)) if len(known) else 1.0
        return np.where(np.isfinite(price) & (price > 0), price, usual)

    def number(self, name: str) -> Floats:
        """A column of `items` as numbers, nan where it is empty."""
        return self.items[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()

    def days(self, name: str) -> np.ndarray[Any, Any]:
        """A column of `items` as days, nat where it is empty."""
        return self.items[name].cast(pl.Date).to_numpy().astype("datetime64[D]")

    def _of(self, name: str) -> Floats:
        return self.number(name)[: len(self.panel)]


def read() -> Inputs:
    """Read what is published. Raises NothingToPlanError."""
    with connect("transform") as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        demand, through, position, product, dealer, moved, index = (
            _query(connection, name)
            for name in ("demand", "through", "position", "product", "dealer", "launched",
                         "market_index")
        )  # fmt: skip
    if demand.is_empty() or through.is_empty():
        raise NothingToPlanError("no demand is published; publish a batch first")
    origin = _last_whole_week(through["through"].max())
    demand = demand.with_columns(series=pl.concat_str(PAIR, separator="|"))
    panel = _known(from_frame(
        demand.filter(pl.col("week") <= origin), "W", date="week", censored="censored", until=origin
    ), dict(through.iter_rows()))  # fmt: skip
    if len(panel.periods) < LEAST_WEEKS:
        raise NothingToPlanError(f"{len(panel.periods)} weeks of demand; {LEAST_WEEKS} are needed")
    sold = demand.select("series", *PAIR).unique().sort("series")
    sold = sold.filter(pl.col("series").is_in(panel.ids.tolist())).select(PAIR)
    lying = position.select(PAIR).join(sold, on=PAIR, how="anti").sort(PAIR)
    region = dealer.select(
        "dealer_id", "role", pl.col("regions").str.split("|").list.first().alias("region")
    )
    ours = pl.col("list_price_currency") == settings().vendor_currency
    priced = product.with_columns(list_price=pl.when(ours).then("list_price"))
    items = (
        pl.concat([sold, lying])
        .join(position, on=PAIR, how="left", maintain_order="left")
        .join(priced, on="product_id", how="left", maintain_order="left")
        .join(region, on="dealer_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("on_hand", "on_order").fill_null(0.0), pl.col("region", "role").fill_null("")
        )
    )
    return Inputs(origin, panel, items, moved, index)


def _query(connection: psycopg.Connection[Any], name: str) -> pl.DataFrame:
    cursor = connection.execute((QUERIES / f"{name}.sql").read_bytes())
    columns = [c.name for c in cursor.description or ()]
    return pl.DataFrame(cursor.fetchall(), schema=columns, orient="row", infer_schema_length=None)


def _last_whole_week(through: Any) -> date:
    monday: date = through - timedelta(days=through.weekday())
    return monday if through.weekday() == 6 else monday - timedelta(days=7)


def _known(panel: Panel, through: dict[str, date]) -> Panel:
    """The panel with nan where the dealer has not reported the week to its end."""
    dealers = [series.split("|", 1)[0] for series in panel.ids.tolist()]
    last = np.array([through.get(d, date.max) for d in dealers], dtype="datetime64[D]")
    unknown = panel.periods[None, :] + 6 > last[:, None]
    return Panel(panel.ids, panel.periods, np.where(unknown, np.nan, panel.values), panel.freq,
                 panel.censored & ~unknown)  # fmt: skip
