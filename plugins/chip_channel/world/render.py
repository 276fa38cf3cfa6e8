"""Canonical lines as the text that a dealer's own system exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from chip_channel.world.catalogue import Catalogue
from chip_channel.world.spec import TAX_PERCENT, DealerSpec

MONEY = {
    "resale_price", "book_cost", "unit_price", "price", "min_resale", "max_resale", "list_price",
    "value", "credit_price",
}  # fmt: skip
CLAIMED = {"basis_price", "contract_price", "claim_amount"}  # per piece, without tax, from anyone
INSTANTS = {
    "published_at", "entered_at", "accepted_at", "event_ts", "opened_at", "first_reply_at",
    "closed_at",
}  # fmt: skip
DATES = {
    "invoice_date", "ship_date", "as_of", "received_date", "launch_date", "pcn_date", "last_buy",
    "last_ship", "valid_from", "valid_to", "onboarding_date", "period",
    "order_date", "requested_date", "promised_date", "return_date", "assessed_at", "detected_at",
    "opened_on", "closed_on", "claim_date", "week", "submitted_on",
}  # fmt: skip
EXCEL_EPOCH = 25_569  # serial of 1970-01-01
FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")
WIDE_BRACKETS = str.maketrans("()", "（）")


@dataclass(frozen=True)
class Style:
    """How a system writes files, numbers and dates."""

    kind: str = "delimited"  # delimited | excel
    encoding: str = "utf-8"
    bom: bool = False
    delimiter: str = ","
    quote_all: bool = False
    newline: str = "\r\n"
    date: str = "iso"  # iso | slash | compact | chinese | dotted | serial | cell (Excel's own)
    decimal: str = "."
    thousands: bool = False
    brackets: bool = False  # (12) for -12
    full_width: bool = False  # prices in full-width digits, brackets in names full-width


PLAIN = Style()


def number_text(values: pl.Series, scale: int, style: Style = PLAIN) -> pl.Series:
    """Integers of 1/10**scale as text without trailing zeros; null stays null."""
    size = pl.col("v").abs()
    whole = size // 10**scale
    text = whole.cast(pl.String)
    if style.thousands:
        million, thousand, rest = whole // 1_000_000, whole // 1000 % 1000, whole % 1000
        three = rest.cast(pl.String).str.zfill(3)
        text = (
            pl.when(million > 0)
            .then(pl.format("{},{},{}", million, thousand.cast(pl.String).str.zfill(3), three))
            .when(whole >= 1000)
            .then(pl.format("{},{}", thousand, three))
            .otherwise(text)
        )
    if scale:
        decimals = (size % 10**scale).cast(pl.String).str.zfill(scale).str.strip_chars_end("0")
        text = (
            pl.when(decimals == "")
            .then(text)
            .otherwise(pl.concat_str(text, pl.lit(style.decimal), decimals))
        )
    minus = pl.format("({})", text) if style.brackets else pl.format("-{}", text)
    signed = pl.when(pl.col("v") < 0).then(minus).otherwise(text)
    return (
        pl.DataFrame({"v": values})
        .select(pl.when(pl.col("v").is_not_null()).then(signed))
        .to_series()
    )


def date_text(values: pl.Series, style: Style = PLAIN) -> pl.Series:
    """Dates as text; `cell` is ISO here and becomes a date cell in the sheet."""
    match style.date:
        case "slash":
            return (
                pl.DataFrame({"v": values})
                .select(pl.format("{}/{}/{}", *(getattr(pl.col("v").dt, k)() for k in _YMD)))
                .to_series()
            )
        case "chinese":
            return (
                pl.DataFrame({"v": values})
                .select(pl.format("{}年{}月{}日", *(getattr(pl.col("v").dt, k)() for k in _YMD)))
                .to_series()
            )
        case "serial":
            return (values.cast(pl.Int32) + EXCEL_EPOCH).cast(pl.String)
        case "compact":
            return values.dt.strftime("%Y%m%d")
        case "dotted":
            return values.dt.strftime("%d.%m.%Y")
        case _:
            return values.dt.strftime("%Y-%m-%d")


_YMD = ("year", "month", "day")


def one_date(day: date, style: Style) -> str:
    """A single date in the style."""
    return str(date_text(pl.Series([day]), style)[0])


def qty_scale(dealer: DealerSpec) -> int:
    """Decimals of a quantity in the dealer's unit."""
    return 3 if dealer.uom == "kpcs" else 0


def qty_units(qty: pl.Series, spq: np.ndarray, dealer: DealerSpec) -> pl.Series:
    """Pieces -> integers of 1/10**qty_scale of the dealer's unit."""
    return qty // pl.Series(spq) if dealer.uom == "reel" else qty


def money_units(money_e4: pl.Series, spq: np.ndarray, dealer: DealerSpec) -> pl.Series:
    """Per piece excl. tax -> per unit of the dealer, with its tax, in 1/10,000; exact."""
    factor = {"pcs": 1, "kpcs": 1000}.get(dealer.uom)
    value = money_e4 * (pl.Series(spq) if factor is None else factor)
    return value * (100 + TAX_PERCENT) // 100 if dealer.tax_incl else value


def written_mpn(catalogue: Catalogue, dealer: DealerSpec, part: np.ndarray) -> pl.Series:
    """The part number as this dealer writes it: two parts in five go by an alias."""
    parts = catalogue.parts
    pick = part * 7 % 5
    names = np.where(pick[:, None] == [0, 1], parts.alias[part], "").astype(object).sum(axis=1)
    use = dealer.aliases & (pick < 2)
    written = np.where(use, names, parts.mpn[part].astype(object))
    return pl.Series(written.tolist(), dtype=pl.String)


def render(
    frame: pl.DataFrame,
    columns: list[str],
    dealer: DealerSpec,
    catalogue: Catalogue,
    *,
    style: Style = PLAIN,
    words: Mapping[str, Mapping[str, str]] | None = None,
) -> pl.DataFrame:
    """Canonical lines -> text, one string column per canonical name in `columns`; null is ''.

    With the default style and no words this is the normalised reading of the dealer's file.
    """
    part = frame["part"].to_numpy() if "part" in frame.columns else np.zeros(len(frame), np.int64)
    spq = catalogue.parts.spq[part] if "part" in frame.columns else np.ones(len(frame), np.int64)
    out = {}
    for name in columns:
        values = frame[name]
        if name in {"qty", "spq", "moq", "qty_cap"}:
            units = qty_units(values, spq, dealer) if name == "qty" else values
            text = number_text(units, qty_scale(dealer) if name == "qty" else 0, style)
        elif name in MONEY:
            text = number_text(money_units(values, spq, dealer), 4, style)
            if style.full_width:
                text = _translate(text, FULL_WIDTH)
        elif name in CLAIMED:
            text = number_text(values, 4, style)
        elif name in DATES:
            text = date_text(values, style)
        elif name in INSTANTS:
            text = values.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        elif name == "mpn" and "part" in frame.columns:
            text = written_mpn(catalogue, dealer, part)
        else:
            text = values.cast(pl.String)
            if style.full_width:
                text = _translate(text, WIDE_BRACKETS)
        if words and name in words:
            text = text.replace_strict(dict(words[name]), default=text)
        out[name] = text.fill_null("")
    return pl.DataFrame(out)


def _translate(text: pl.Series, table: dict[int, int]) -> pl.Series:
    old = [chr(k) for k in table]
    new = [chr(v) for v in table.values()]
    return pl.DataFrame({"v": text}).select(pl.col("v").str.replace_many(old, new)).to_series()
