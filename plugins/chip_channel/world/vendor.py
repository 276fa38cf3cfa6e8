"""The maker's own reports: product, dealer, price and market_index documents.

Each function returns ``[(file stem, moment of arrival, frame), …]`` in order of arrival; money is
int64 in CNY/10,000, index values int64 in 1/10,000.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

from chip_channel.world import lines
from chip_channel.world.catalogue import FAMILIES, HISTORY, LONG_AGO, NEVER, Catalogue
from chip_channel.world.flows import Flows
from chip_channel.world.instants import Document
from chip_channel.world.lines import Spa
from chip_channel.world.spec import MAKER, DealerSpec, WorldSpec, dates

USC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ANNOUNCED_DAYS = 45  # a part is in the master this long before its launch


def morning(day: date, hour: int = 2) -> datetime:
    """An instant in UTC on a day (naive)."""
    return datetime.combine(day, time(hour))


def products(spec: WorldSpec, catalogue: Catalogue) -> list[Document]:
    """The whole master at the start and every four months, with the stages of its day."""
    parts = catalogue.parts
    documents = []
    for month in _issues(spec):
        day = (spec.month_start(month) - spec.first_day).days
        shown = in_master(spec, catalogue, day)
        told = parts.pcn[shown] <= day  # dates are published with the notice

        def optional(days: np.ndarray, when: np.ndarray) -> pl.Series:
            days = np.clip(days, LONG_AGO, NEVER)
            return dates(spec, days).set(pl.Series(~when), None)

        heirs = parts.successor[shown]
        frame = pl.DataFrame(
            {
                "maker": pl.repeat(MAKER, len(shown), eager=True),
                "mpn": pl.Series(parts.mpn[shown]),
                "family": pl.Series([FAMILIES[f][0] for f in parts.family[shown]]),
                "spq": parts.spq[shown],
                "moq": parts.moq[shown],
                "lead_time_days": parts.lead[shown],
                "stage": pl.Series(parts.stage(day)[shown]),
                "launch_date": dates(spec, parts.launch[shown]),
                "pcn_date": optional(parts.pcn[shown], told),
                "last_buy": optional(parts.last_buy[shown], told),
                "last_ship": optional(parts.last_ship[shown], told),
                "successor": pl.Series(parts.mpn[heirs]).set(pl.Series((heirs < 0) | ~told), None),
                "list_price": catalogue.list_price[catalogue.quarter_of_month[month]][shown],
                "aliases": pl.Series([";".join(a) for a in parts.alias[shown]]),
            }
        )
        stem = f"product_{spec.month_start(month):%Y%m%d}"
        documents.append((stem, morning(spec.month_start(month), 1), frame))
    return documents


def _issues(spec: WorldSpec) -> list[int]:
    """Months at whose start a product master is sent."""
    return list(range(0, spec.months, 4))[:4]


def in_master(spec: WorldSpec, catalogue: Catalogue, day: int) -> np.ndarray:
    """Parts that the master of a day holds: all that anybody may order before the next one."""
    starts = [(spec.month_start(m) - spec.first_day).days for m in _issues(spec)]
    until = next((start for start in starts if start > day), spec.days)
    parts = catalogue.parts
    return np.flatnonzero(parts.launch - ANNOUNCED_DAYS - parts.lead < until)


def dealers(spec: WorldSpec) -> list[Document]:
    """The dealer master: at the start, and once more with changed limits (a new `valid_from`)."""
    first = _dealer_frame(spec, spec.dealers, spec.first_day.replace(day=1), 100)
    issued = [(f"dealer_{spec.first_day:%Y%m%d}", morning(spec.first_day, 1), first)]
    if spec.months > 1:
        changed = spec.month_start(min(6, spec.months - 1))
        both = pl.concat([first, _dealer_frame(spec, spec.dealers[::3], changed, 120)])
        issued.append((f"dealer_{changed:%Y%m%d}", morning(changed, 1), both))
    return issued


def _dealer_frame(
    spec: WorldSpec, chosen: tuple[DealerSpec, ...], valid_from: date, percent: int
) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "dealer_code": d.dealer_id,
                "name": d.name,
                "parent": d.parent or None,
                "role": d.role,
                "regions": ";".join(d.regions),
                "industries": ";".join(d.industries),
                "usc_code": usc_code(spec.dealers.index(d)) if d.country == "CN" else None,
                "currency": d.currency,
                "credit_limit": round(d.share * 100) * 50 * percent,
                "onboarding_date": valid_from - timedelta(days=500),
                "status": "active",
                "valid_from": valid_from,
            }
            for d in chosen
        ],
        schema_overrides={"parent": pl.String, "usc_code": pl.String},
    )


def usc_code(number: int) -> str:
    """A unified social credit code with a right check character (GB 32100)."""
    body = f"91440300MA5X{number:05d}"
    total = sum(USC_ALPHABET.index(c) * 3**i for i, c in enumerate(body))
    return body + USC_ALPHABET[-total % 31]


def prices(spec: WorldSpec, catalogue: Catalogue, spas: list[Spa]) -> list[Document]:
    """List prices by quarter, price protection where they fell much, special prices one by one."""
    documents: list[Document] = []
    quarter_first = [
        int(np.flatnonzero(catalogue.quarter_of_month == q)[0])
        for q in range(int(catalogue.quarter_of_month[-1]) + 1)
    ]
    lead_in = (spec.first_day.month - 1) % 3
    for quarter, month in enumerate(quarter_first):
        start = spec.month_start(month - (lead_in if quarter == 0 else 0))
        end = spec.month_end(quarter_first[0] - lead_in + 3 * quarter + 2)
        arrival = spec.first_day if quarter == 0 else start - timedelta(days=10)
        label = f"{start.year}Q{(start.month + 2) // 3}"
        listed = catalogue.list_price[quarter]
        shown = in_master(spec, catalogue, (arrival - spec.first_day).days)
        frame = _price_frame(
            catalogue, f"PL-{label}", "list", shown, listed[shown], start=start, end=end
        )
        frame = frame.with_columns(
            min_resale=pl.Series(listed[shown] * 80 // 10_000 * 100),
            max_resale=pl.Series(listed[shown] * 135 // 10_000 * 100),
        )
        documents.append((f"price_list_{label}", morning(arrival, 1), frame))
        if quarter:
            fell = np.flatnonzero(listed * 100 < catalogue.list_price[quarter - 1] * 95)
            if len(fell):
                # The price protected down to: the new list price, for stock on hand at `start`.
                frame = _price_frame(
                    catalogue, f"PP-{label}", "protection", fell, listed[fell],
                    start=start, end=start + timedelta(days=29),
                )  # fmt: skip
                documents.append((f"price_protection_{label}", morning(arrival, 3), frame))
    for spa in spas:
        start, end = spec.month_start(spa.first_month), spec.month_end(spa.last_month)
        frame = _price_frame(
            catalogue,
            spa.doc_no,
            "spa",
            np.array([spa.part]),
            np.array([spa.price_e4]),
            start=start,
            end=end,
        ).with_columns(
            for_dealer=pl.lit(spec.dealers[spa.dealer].dealer_id),
            end_customer=pl.lit(catalogue.customers.name[spa.customer]),
            qty_cap=pl.lit(spa.cap),
        )
        arrival = max(start - timedelta(days=3), spec.first_day)
        documents.append((f"price_{spa.doc_no.lower()}", morning(arrival, 4), frame))
    return sorted(documents, key=lambda d: (d[1], d[0]))


def _price_frame(
    catalogue: Catalogue,
    doc_no: str,
    kind: str,
    part: np.ndarray,
    price_e4: np.ndarray,
    *,
    start: date,
    end: date,
) -> pl.DataFrame:
    n = len(part)
    text = pl.Series([None] * n, dtype=pl.String)
    number = pl.Series([None] * n, dtype=pl.Int64)
    return pl.DataFrame(
        {
            "doc_no": pl.repeat(doc_no, n, eager=True),
            "line_no": pl.Series(np.arange(1, n + 1)).cast(pl.String),
            "revision": pl.repeat(1, n, eager=True),
            "kind": pl.repeat(kind, n, eager=True),
            "for_dealer": text,
            "end_customer": text,
            "region": text,
            "maker": pl.repeat(MAKER, n, eager=True),
            "mpn": pl.Series(catalogue.parts.mpn[part]),
            "price": price_e4,
            "min_resale": number,
            "max_resale": number,
            "qty_cap": number,
            "valid_from": pl.repeat(start, n, eager=True),
            "valid_to": pl.repeat(end, n, eager=True),
            "approved_by": pl.repeat("price.desk", n, eager=True),
        }
    )


def market_index(spec: WorldSpec, catalogue: Catalogue) -> list[Document]:
    """One document a month; the first brings two years of history.

    The sentiment of month m appears on the 3rd of m + 1 (vintage 1, a first estimate) and again,
    final, a month later (vintage 2). Exchange rates appear on the 1st of m + 1 and stay.
    """
    estimate = catalogue.index + np.rint(
        spec.rng("estimate").normal(0, 60, len(catalogue.index))
    ).astype(np.int64)
    rows = []
    for k in range(HISTORY + spec.months):
        month = k - HISTORY
        first = spec.month_start(month)
        sentiment = ("CHIP-SENTIMENT", first)
        out = datetime.combine(spec.month_start(month + 1) + timedelta(days=2), time(1, 30))
        final = datetime.combine(spec.month_start(month + 2) + timedelta(days=2), time(1, 30))
        rows.append((month, *sentiment, 1, int(estimate[k]) * 100, out))
        if month + 1 < spec.months:
            rows.append((month + 1, *sentiment, 2, int(catalogue.index[k]) * 100, final))
        rate_out = datetime.combine(spec.month_start(month + 1), time(1, 15))
        for currency in ("USD", "EUR"):
            rate = int(catalogue.fx[currency][k])
            rows.append((month, f"FX:{currency}/CNY", first, 1, rate, rate_out))
    frame = pl.DataFrame(
        rows,
        orient="row",
        schema=["month", "series", "period", "vintage", "value", "published_at"],
    ).with_columns(
        source=pl.lit("Sample World Statistics"),
        licence=pl.lit("CC0-1.0"),
    )
    documents = []
    for month in range(-1, spec.months):
        mine = frame.filter(pl.col("month") <= -1 if month < 0 else pl.col("month") == month).drop(
            "month"
        )
        arrival = spec.first_day if month < 0 else spec.month_start(month + 1)
        documents.append(
            (
                f"market_index_{spec.month_start(month):%Y%m}",
                morning(arrival + timedelta(days=2), 6),
                mine.sort("series", "period", "vintage"),
            )
        )
    return documents


def documents(flows: Flows, spas: list[lines.Spa]) -> dict[str, list[Document]]:
    """The maker's documents by report, each list in order of arrival."""
    spec, catalogue = flows.spec, flows.catalogue
    return {
        "product": products(spec, catalogue),
        "dealer": dealers(spec),
        "price": prices(spec, catalogue, spas),
        "market_index": market_index(spec, catalogue),
        "sell_in": _sell_in_documents(flows),
    }


def _sell_in_documents(flows: Flows) -> list[Document]:
    """A delta a month: what left in it, and what left earlier and was received in it."""
    spec = flows.spec
    frame = lines.sell_in(flows)
    issued = []
    for month in range(-1, spec.months):
        end = (spec.month_start(month + 1) - spec.first_day).days
        start = (spec.month_start(month) - spec.first_day).days if month >= 0 else -10_000
        inside = (pl.col("shipped") >= start) & (pl.col("shipped") < end)
        came = (
            (pl.col("shipped") < start) & (pl.col("arrived") >= start) & (pl.col("arrived") < end)
        )
        mine = frame.filter(inside | came).with_columns(
            received_date=pl.when(pl.col("arrived") < end).then("received_date")
        )
        when = morning(spec.month_start(month + 1) + timedelta(days=1), 2)
        issued.append((f"sell_in_{spec.month_start(month):%Y%m}", when, mine))
    return issued
