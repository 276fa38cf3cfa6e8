"""Planted errors: extra lines that must be rejected, so that the good lines stay the truth.

Each bad line is a copy of a good one with one thing spoiled and a key of its own; only
`E_DUP_LINE` keeps the key. `E_MPN_UNKNOWN` is accepted at intake and stopped later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from chip_channel.world.render import Style, one_date
from chip_channel.world.shape import ReportShape

# report: (code, field); the field is empty where the whole line is meant
ERRORS: dict[str, tuple[tuple[str, str], ...]] = {
    "pos": (
        ("E_QTY_NUMBER", "qty"),
        ("E_PRICE_NUMBER", "resale_price"),
        ("E_DATE", "invoice_date"),
        ("E_DATE_PERIOD", "invoice_date"),
        ("E_QTY_SIGN", "qty"),
        ("E_DUP_LINE", ""),
        ("E_CUST_MISSING", "sold_to"),
        ("E_SHIPTO_MISSING", "ship_to_region"),
        ("E_REQUIRED", "mpn"),
        ("E_ENUM", "type"),
        ("E_WIDTH", ""),
        ("E_MPN_UNKNOWN", "mpn"),
    ),
    "stock": (
        ("E_QTY_NUMBER", "qty"),
        ("E_PRICE_NUMBER", "book_cost"),
        ("E_DATE", "as_of"),
        ("E_DATE_PERIOD", "as_of"),
        ("E_STOCK_NEG", "qty"),
        ("E_DUP_LINE", ""),
        ("E_REQUIRED", "mpn"),
        ("E_ENUM", "status"),
        ("E_WIDTH", ""),
        ("E_MPN_UNKNOWN", "mpn"),
    ),
    "sell_in": (
        ("E_QTY_NUMBER", "qty"),
        ("E_PRICE_NUMBER", "unit_price"),
        ("E_REQUIRED", "order_no"),
    ),
    "price": (("E_PRICE_NUMBER", "price"), ("E_ENUM", "kind"), ("E_DATE", "valid_from")),
    "product": (("E_ENUM", "stage"), ("E_REQUIRED", "family")),
    "orders": (
        ("E_QTY_NUMBER", "qty"),
        ("E_QTY_SIGN", "qty"),
        ("E_DATE", "requested_date"),
        ("E_ENUM", "status"),
        ("E_PRICE_NUMBER", "unit_price"),
        ("E_REQUIRED", "dealer_code"),
    ),
    "logistics_event": (("E_ENUM", "code"), ("E_DATE", "event_ts"), ("E_REQUIRED", "shipment_no")),
    "return": (
        ("E_QTY_SIGN", "qty"),
        ("E_REQUIRED", "original_shipment"),
        ("E_ENUM", "kind"),
        ("E_DATE", "return_date"),
    ),
    "certification": (
        ("E_SCORE", "technical"),
        ("E_REQUIRED", "override_reason"),
        ("E_ENUM", "override_tier"),
        ("E_DATE", "valid_to"),
    ),
    "enablement_event": (
        ("E_ENUM", "kind"),
        ("E_SCORE", "csat"),
        ("E_DATE", "opened_at"),
        ("E_REQUIRED", "topic"),
    ),
    "quality_feedback": (
        ("E_QTY_SIGN", "qty_failed"),
        ("E_DATE", "detected_at"),
        ("E_REQUIRED", "failure_code"),
        ("E_QTY_NUMBER", "qty_inspected"),
    ),
    "complaint": (("E_ENUM", "kind"), ("E_DATE", "opened_on"), ("E_REQUIRED", "region")),
    "claim": (
        ("E_QTY_NUMBER", "claim_qty"),
        ("E_CLAIM_AMOUNT", "claim_amount"),
        ("E_PRICE_NUMBER", "basis_price"),
        ("E_DATE", "claim_date"),
        ("E_REQUIRED", "spa_no"),
        ("E_DUP_LINE", ""),
    ),
    "dealer_forecast": (
        ("E_QTY_NUMBER", "qty"),
        ("E_DATE", "week"),
        ("E_DUP_LINE", ""),
        ("E_REQUIRED", "mpn"),
    ),
    "dealer": (("E_ENUM", "role"), ("E_REQUIRED", "name")),
    "market_index": (("E_REQUIRED", "source"), ("E_DATE", "period")),
}
ACCEPTED = frozenset({"E_MPN_UNKNOWN"})  # codes that intake does not reject
KEY = {  # the column that gets a mark, to give the bad line a key of its own
    "pos": "invoice_no", "stock": "location_id", "sell_in": "shipment_no", "price": "doc_no",
    "product": "mpn", "dealer": "dealer_code", "market_index": "series", "orders": "order_no",
    "logistics_event": "event_id", "return": "rma_no", "certification": "dealer_code",
    "enablement_event": "event_id", "quality_feedback": "event_id", "complaint": "event_id",
    "claim": "claim_no", "dealer_forecast": "mpn",
}  # fmt: skip
REJECTED_WORD = {"E_QTY_NUMBER": "12O0x", "E_PRICE_NUMBER": "TBD", "E_DATE": "2026-13-45"}


@dataclass(frozen=True)
class Bad:
    """One planted line, to be put before the good line `before` of its file."""

    before: int
    cells: tuple[str, ...]  # in the order of the shape's columns
    code: str
    field: str
    too_wide: bool
    counts: bool  # its quantity is part of the file's total
    sign: int  # of that quantity, against the donor's
    donor: int


def possible(report: str, shape: ReportShape, style: Style) -> list[tuple[str, str]]:
    """Errors that this shape can show."""
    return [
        (code, name)
        for code, name in ERRORS[report]
        if not (code == "E_WIDTH" and style.kind == "excel") and (not name or name in shape.columns)
    ]


def plant(
    report: str,
    shape: ReportShape,
    style: Style,
    cells: pl.DataFrame,
    *,
    donors: np.ndarray,
    errors: list[tuple[str, str]],
    first_day: date,
    rng: np.random.Generator,
) -> list[Bad]:
    """Make one bad line per entry of `errors` from the text lines `cells`, sorted by place.

    `donors` are the good lines (row indices) that may be copied: plain ones of positive quantity.
    """
    names = list(shape.columns)
    planted = []
    for k, (code, name) in enumerate(errors):
        donor = int(rng.choice(donors))
        line = dict(zip(names, cells.row(donor), strict=True))
        if code != "E_DUP_LINE":
            line[KEY[report]] += f"X{k + 1}"
        match code:
            case "E_QTY_NUMBER" | "E_PRICE_NUMBER" | "E_DATE":
                line[name] = REJECTED_WORD[code]
            case "E_DATE_PERIOD":
                line[name] = one_date(first_day - timedelta(days=int(rng.integers(2, 20))), style)
            case "E_QTY_SIGN" | "E_STOCK_NEG":
                line[name] = f"({line[name]})" if style.brackets else f"-{line[name]}"
            case "E_CUST_MISSING" | "E_SHIPTO_MISSING" | "E_REQUIRED":
                line[name] = ""
            case "E_ENUM":
                line[name] = "???"
            case "E_SCORE":
                line[name] = "101"
            case "E_CLAIM_AMOUNT":
                line[name] = "987654.32"
            case "E_MPN_UNKNOWN":
                line[name] = f"ZZ{int(rng.integers(1000, 9999))}-SOT23"
        if name.startswith("override_"):  # an override that is right but for one thing
            whole = {"tier": "gold", "reason": "Key account", "approved_by": "channel.head"}
            line |= {f"override_{k}": v for k, v in whole.items()} | {name: line[name]}
        # A repeated line comes after the line that it repeats.
        low = donor + 1 if code == "E_DUP_LINE" else 0
        planted.append(
            Bad(
                before=int(rng.integers(low, len(cells) + 1)),
                cells=tuple(line.values()),
                code=code,
                field=name,
                too_wide=code == "E_WIDTH",
                counts=code != "E_QTY_NUMBER",
                sign=-1 if code in {"E_QTY_SIGN", "E_STOCK_NEG"} else 1,
                donor=donor,
            )
        )
    return sorted(planted, key=lambda bad: bad.before)


def draw(
    report: str,
    shape: ReportShape,
    style: Style,
    *,
    lines: int,
    rate: float,
    rng: np.random.Generator,
) -> list[tuple[str, str]]:
    """A random choice of errors for a file of this many lines."""
    choices = possible(report, shape, style)
    number = int(rng.poisson(lines * rate)) if lines else 0
    return [choices[k] for k in rng.integers(0, len(choices), number)]
