"""From what dealers write to canonical values: form only, never meaning.

Every function takes a whole column. `first_try` is the fast parse, one expression a column, run for
all columns at once; only a column with values that fail it goes through `repair` (full-width digits,
thousands separators, brackets for negatives, other date forms). What still fails is reported, never
guessed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

import numpy as np
import polars as pl

from chip_channel.contracts import Column
from chip_channel.settings import settings

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)
DATE_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y.%m.%d",
    "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
)  # fmt: skip
INSTANT_FORMATS = ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z", "%+")
INVISIBLE = r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00ad]"
_ODD = r"^$|[^ -~\u4e00-\u9fff]"
"""Empty, or more than printable ASCII and CJK ideographs, both of which NFKC leaves as they are."""
_EXCEL_ATE = r"^\d(\.\d+)?[eE]\+\d+$"
_GROUPED = r"^[+-]?[1-9]\d{0,2}((,\d{3})+|( \d{3})+|(['’]\d{3})+)(\.\d*)?$"
_MARK_BEFORE = r"^'?([(+-]?)\s*(?:CNY|RMB|USD|EUR|[¥$€£])?\s*"
_MARK_AFTER = r"\s*(?:CNY|RMB|USD|EUR|[元¥$€£])\s*([)-]?)$"
_NEGATIVE = r"^\(([^()+-]+?)\s*\)$|^([^()+-]+?)\s*-$"
_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?$"
USC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass
class Converted:
    """One column after conversion; all series have the length of the block."""

    values: pl.Series
    """What is loaded: text, or dates; null where nothing was given or it failed."""
    typed: pl.Series
    """The same for comparison: numbers as Float64."""
    bad: pl.Series | None = None
    """True where a value was given that cannot be read."""
    repaired: pl.Series | None = None
    """True where invisible characters were taken out."""


@dataclass(frozen=True)
class Form:
    """How a dealer writes: what the feed says about values."""

    dates: tuple[str, ...] = ()
    decimal: str = "."
    zone: str = "UTC"

    @property
    def date_formats(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.dates, *DATE_FORMATS)))


def first_try(given: pl.Expr, column: Column, form: Form, tidy: bool) -> tuple[pl.Expr, pl.Expr]:
    """The fast parse of one column: (values, typed) as in Converted.

    `tidy`: fields have no blanks around, so text is as it should be but for odd characters.
    """
    if column.kind in ("number", "integer"):
        text = given
        if form.decimal == ",":  # swap the two marks, and read as usual
            text = given.str.replace_many([",", "."], [".", ","])
        return text, text.cast(pl.Float64, strict=False)
    if column.kind == "date":
        day = _to_date(given, form.date_formats[0])
        return day, day
    text = given if tidy or column.kind == "timestamp" else given.str.strip_chars()
    return text, text


def suspicious(column: Column, plain: bool) -> pl.Expr:
    """Whether the fast parse left anything to repair, apart from values that it lost.

    Over the columns `v:…` and `t:…` that it made. `plain`: NFKC leaves all fields as they
    are, and they have no blanks around or control characters.
    """
    typed = pl.col(f"t:{column.name}")
    if column.kind in ("timestamp", "list", "integer") or column.format == "usc":
        return pl.lit(True)
    if column.kind == "number":
        size = typed.abs()
        stored = size.is_between(column.smallest, 10.0**column.integer_digits, closed="left")
        return ~(stored | (typed == 0)).all()
    if column.kind == "date":
        return ~typed.is_between(FIRST_DAY, LAST_DAY).all()
    if column.values:
        return ~typed.is_in(column.values).all()
    checks = [(typed.str.len_bytes() > settings().max_field_chars).any()]
    if not plain:
        checks.append(typed.str.contains(_ODD).any())
    if column.format == "part_number":
        checks.append(typed.str.contains(_EXCEL_ATE).any())
    return pl.any_horizontal(*checks)


def repair_lost(given: pl.Series, column: Column, form: Form, tried: Converted) -> Converted:
    """`repair` where the fast parse gave nothing; the rest of it stands."""
    lost = pl.col("typed").is_null() & pl.col("given").is_not_null()
    both = pl.DataFrame([tried.typed.alias("typed"), given.alias("given")])
    at = both.select(pl.arg_where(lost)).to_series()
    done, n = repair(given.gather(at), column, form), len(given)
    return Converted(
        tried.values.scatter(at, done.values), tried.typed.scatter(at, done.typed),
        None if done.bad is None else spread(at, done.bad, n),
        None if done.repaired is None else spread(at, done.repaired, n),
    )  # fmt: skip


def repair(given: pl.Series, column: Column, form: Form) -> Converted:
    """Convert one column with all that is known about how dealers write."""
    if column.kind in ("number", "integer"):
        return _number(given, column, form.decimal)
    if column.kind == "date":
        return _date(given, form.date_formats)
    if column.kind == "timestamp":
        return _timestamp(given, form)
    text = _text(given)
    if column.kind == "list":
        parts = text.values.str.replace_all(r"\s*([;,、|；，]\s*)+", "|").str.strip_chars("|")
        return Converted(parts, parts, None, text.repaired)
    if column.values:
        return _word(text.values, column.values)
    bad = text.values.str.len_chars() > settings().max_field_chars
    if column.format == "part_number":
        bad |= text.values.str.contains(_EXCEL_ATE)
    if column.format == "usc":
        bad |= _wrong_usc(text.values)
    text.bad = bad.fill_null(False) if bad.any() else None
    return text


def _text(given: pl.Series) -> Converted:
    text = pl.col("given")
    # NFKC and invisible characters concern only values that are not plain
    odd = text.str.contains(_ODD)
    stripped = given.to_frame("given").select(pl.col("given").str.strip_chars())
    at = stripped.select(pl.arg_where(odd)).to_series()
    values, repaired = stripped["given"], None
    if len(at):
        folded = text.str.normalize("NFKC")
        found = stripped[at].select(
            clean=folded.str.replace_all(INVISIBLE, " ").str.strip_chars(),
            hidden=folded.str.contains(INVISIBLE),
        )
        if found["hidden"].any():
            repaired = spread(at, found["hidden"], len(values))
        values = values.scatter(at, found["clean"])
    if (values == "").any():
        values = values.replace("", None)
    return Converted(values, values, None, repaired)


def _word(text: pl.Series, allowed: tuple[str, ...]) -> Converted:
    fits = text.is_in(allowed)
    if not fits.all():
        by_case = {word.casefold(): word for word in allowed}
        text = text.str.to_lowercase().replace_strict(
            list(by_case), list(by_case.values()), default=text, return_dtype=pl.String
        )
        fits = text.is_in(allowed)
    bad = text.is_not_null() & ~fits.fill_null(True)
    return Converted(text, text, bad if bad.any() else None)


def _number(given: pl.Series, column: Column, decimal: str) -> Converted:
    text = pl.col("given")
    if decimal == ",":  # swap the two marks, and read as usual
        text = text.str.replace_many([",", "."], [".", ","])
    tried = given.to_frame("given").select(text=text, typed=text.cast(pl.Float64, strict=False))
    if tried["typed"].null_count() > tried["text"].null_count():
        failed = pl.col("typed").is_null() & pl.col("text").is_not_null()
        hopeful = failed & pl.col("text").str.contains(r"\p{N}|^\s*$").fill_null(False)
        at = tried.select(pl.arg_where(hopeful)).to_series()
        if len(at):
            mended = tried["text"].gather(at).to_frame("given").select(*_repaired_number())
            tried = pl.DataFrame(
                [tried[name].scatter(at, mended[name]) for name in ("text", "typed")]
            )
    text, typed = pl.col("text"), pl.col("typed")
    bad = (typed.is_null() & text.is_not_null()) | (
        ~typed.is_finite() | (typed.abs() >= 10.0**column.integer_digits)
    ).fill_null(False)
    stored = pl.when(typed.abs() < column.smallest).then(0.0).otherwise(typed)
    if column.kind == "integer":
        bad |= (typed != typed.round(0)).fill_null(False)
        text = pl.when(~bad).then(stored).cast(pl.Int64, strict=False).cast(pl.String)
    done = tried.select(bad=bad, text=pl.when(~bad).then(text), typed=pl.when(~bad).then(stored))
    return Converted(done["text"], done["typed"], done["bad"] if done["bad"].any() else None)


def _repaired_number() -> tuple[pl.Expr, pl.Expr]:
    """(text, typed) of values `given` that are no plain numbers; what stays none keeps its text."""
    given = pl.col("given")
    rest = given.str.normalize("NFKC").str.replace_all("[−–]", "-").str.strip_chars()
    empty = rest == ""
    rest = rest.str.replace(_MARK_BEFORE, "${1}").str.replace(_MARK_AFTER, "${1}")
    rest = rest.str.replace(_NEGATIVE, "-${1}${2}")
    rest = (
        pl.when(rest.str.contains(_GROUPED))
        .then(rest.str.replace_all("[,' ’]", ""))
        .otherwise(rest)
    )
    plain = rest.str.contains(_PLAIN) & ~given.str.contains(r"\p{No}")  # 10³ is not 103
    number = pl.when(plain).then(rest)
    text = pl.when(~empty).then(pl.coalesce(number, given))
    return text.alias("text"), number.cast(pl.Float64, strict=False).alias("typed")


def _date(given: pl.Series, formats: Sequence[str]) -> Converted:
    frame = given.to_frame("given")
    parsed = frame.select(_to_date(pl.col("given"), formats[0])).to_series()
    if parsed.null_count() > given.null_count():
        failed = pl.col("parsed").is_null() & pl.col("given").is_not_null()
        at = frame.with_columns(parsed=parsed).select(pl.arg_where(failed)).to_series()
        rest = given.gather(at)
        kinds = rest.unique()
        found = rest.replace_strict(kinds, _parse_dates(kinds, formats), return_dtype=pl.Date)
        parsed = cast(pl.Series, parsed.scatter(at, found))
    day, text = pl.col("parsed"), pl.col("given")
    within = day.is_between(FIRST_DAY, LAST_DAY)
    nothing = text.is_null() | (text.str.strip_chars() == "")
    done = frame.with_columns(parsed=parsed).select(
        day=pl.when(within).then(day), bad=~(within.fill_null(False) | nothing)
    )
    return Converted(done["day"], done["day"], done["bad"] if done["bad"].any() else None)


def _to_date(text: pl.Expr, form: str) -> pl.Expr:
    day = text.str.to_date(form, strict=False)
    if not re.fullmatch("(%[Ymdy])+", form):
        return day
    # without marks between them every digit counts: 2026111 may be two days
    return pl.when(text.str.len_bytes() == 2 * form.count("%") + 2 * form.count("Y")).then(day)


def _parse_dates(values: pl.Series, formats: Sequence[str]) -> pl.Series:
    text = pl.col("given").str.normalize("NFKC").str.strip_chars()
    text = text.str.replace(r"^(\d{5}|\d{8}|.*:\d\d)\.\d+$", "${1}")  # parts of a day or second
    tries = [_to_date(text, form) for form in formats]
    serial = pl.when(text.str.contains(r"^[2-6]\d{4}$")).then(text).cast(pl.Int32, strict=False)
    excel = pl.lit(date(1899, 12, 30)) + pl.duration(days=serial)
    return values.to_frame("given").select(pl.coalesce(*tries, excel).cast(pl.Date)).to_series()


def _timestamp(given: pl.Series, form: Form) -> Converted:
    text = given.str.normalize("NFKC").str.strip_chars().replace("", None)
    text = text.str.replace(r"Z$", "+00:00")
    instants = [
        text.str.to_datetime(f, strict=False, time_unit="us", time_zone="UTC")
        for f in INSTANT_FORMATS
    ]
    local_forms = [f for f in form.date_formats if "%H" in f]
    local = [text.str.to_datetime(f, strict=False, time_unit="us") for f in local_forms]
    day = _parse_dates(text, [f for f in form.date_formats if "%H" not in f])
    here = pl.select(
        pl.coalesce(*local, day.cast(pl.Datetime("us")))
        .dt.replace_time_zone(form.zone, ambiguous="earliest", non_existent="null")
        .dt.convert_time_zone("UTC")
    ).to_series()
    parsed = pl.select(pl.coalesce(*instants, here)).to_series()
    bad = parsed.is_null() & text.is_not_null()
    values = parsed.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    return Converted(values, parsed, bad if bad.any() else None)


def _wrong_usc(text: pl.Series) -> pl.Series:
    """Unified social credit codes with a wrong form or check character (GB 32100-2015)."""
    formed = text.str.contains(f"^[{USC_ALPHABET}]{{18}}$")
    wrong = (~formed).fill_null(False)
    at = formed.fill_null(False).arg_true()
    if len(at):
        table = np.full(128, -1)
        table[[ord(c) for c in USC_ALPHABET]] = np.arange(31)
        codes = np.frombuffer("".join(text.gather(at).to_list()).encode(), dtype=np.uint8)
        digits = table[codes].reshape(-1, 18)
        check = (31 - digits[:, :17] @ (3 ** np.arange(17) % 31) % 31) % 31
        wrong = wrong.scatter(at, check != digits[:, 17])
    return wrong


def spread(at: pl.Series | np.ndarray, values: pl.Series, length: int) -> pl.Series:
    """A mask of `length` that holds `values` at the positions `at`, and False elsewhere."""
    mask = np.zeros(length, dtype=bool)
    mask[at] = values
    return pl.Series(mask)
