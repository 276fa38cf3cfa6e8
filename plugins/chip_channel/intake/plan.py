"""What is asked of every block of one report of one dealer: parsed once, used for all its files."""

import unicodedata
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from chip_channel.contracts import Column, Contract
from chip_channel.intake.feed import Recognised, Source
from chip_channel.intake.normalise import Form, first_try, suspicious


@dataclass(frozen=True)
class Check:
    """One thing that must hold for every line, over the typed columns of a block."""

    wrong: pl.Expr
    """True where it does not hold; never null."""
    code: str
    field: str
    expected: str


def _asked(contract: Contract) -> tuple[Check, ...]:
    """What the contract and its rules ask of every line."""
    found = []
    for column in contract.columns:
        name, cell = column.name, pl.col(column.name)
        if column.required:
            found.append(Check(cell.is_null(), column.code("required"), name, "a value"))
        if column.minimum is not None:
            found.append(Check(cell < column.minimum, column.code("minimum"), name,
                               f"at least {column.minimum:g}"))  # fmt: skip
        if column.exclusive_minimum is not None:
            found.append(Check(cell <= column.exclusive_minimum, column.code("minimum"), name,
                               f"above {column.exclusive_minimum:g}"))  # fmt: skip
        if column.pattern:
            found.append(Check(~cell.str.contains(column.pattern), column.code("pattern"), name,
                               f"of the form {column.pattern}"))  # fmt: skip
    for rule in contract.rules:
        found.append(Check(~pl.sql_expr(rule.holds), rule.code, rule.field, rule.expected))
    return tuple(_named(check, str(i)) for i, check in enumerate(found))


def _named(check: Check, name: str) -> Check:
    """The check under a column name of its own; what cannot be told is not wrong."""
    return replace(check, wrong=check.wrong.fill_null(False).alias(name))


@dataclass(frozen=True)
class Plan:
    """What is asked of every block of one report of one dealer, made once."""

    columns: tuple[Column, ...]
    absent: tuple[Column, ...]
    form: Form
    first: dict[bool, list[pl.Expr]]
    """The fast parse of all columns, for tidy blocks and others."""
    doubts: dict[bool, list[pl.Expr]]
    """Which columns want a repair, for plain blocks and others."""
    asked: tuple[Check, ...]
    """What the contract asks of every line."""


def plan(recognised: Recognised, contract: Contract) -> Plan:
    """The plan of a report; kept with its feed."""
    shape = recognised.shape
    if shape.plan is None:
        form = Form(tuple(shape.dates), shape.decimal, recognised.feed.time_zone)
        columns = tuple(c for c in contract.columns if c.name in shape.columns)
        first: dict[bool, list[pl.Expr]] = {True: [], False: []}
        for tidy, tries in first.items():
            for c in columns:
                value, kind = first_try(pl.col(c.name), c, form, tidy)
                tries.append(kind.alias(f"t:{c.name}"))
                if c.kind == "number":  # elsewhere the value is what is loaded
                    tries.append(value.alias(f"v:{c.name}"))
        shape.plan = Plan(
            columns, tuple(c for c in contract.columns if c.name not in shape.columns), form, first,
            {p: [suspicious(c, p).alias(c.name) for c in columns] for p in (True, False)},
            _asked(contract),
        )  # fmt: skip
    made: Plan = shape.plan
    return made


def checks(contract: Contract, recognised: Recognised) -> tuple[Check, ...]:
    """What the contract, its rules and the file's period ask of every line."""
    start, end, date = recognised.period_start, recognised.period_end, contract.business_date
    asked = plan(recognised, contract).asked
    if not (date and start and end):
        return asked
    outside = pl.col(date) > end
    if recognised.mode == "full":  # a delta may correct earlier periods
        outside |= pl.col(date) < start
    return (
        *asked,
        _named(Check(outside, "E_DATE_PERIOD", date, f"from {start} to {end}"), "period"),
    )


def in_our_words(given: pl.Series, source: Source) -> pl.Series:
    """A dealer's words replaced by ours, each different one looked at once."""
    if not (source.map or source.match or source.default is not None):
        return given
    words = given.unique()
    ours = words.to_frame("given").select(_word(pl.col("given"), source)).to_series()
    return given.replace_strict(words, ours, return_dtype=pl.String)


def _word(given: pl.Expr, source: Source) -> pl.Expr:
    other = pl.lit(source.default) if source.default is not None else given
    if source.map:
        key = given.str.strip_chars().str.normalize("NFKC")
        words = [unicodedata.normalize("NFKC", word.strip()) for word in source.map]
        return key.replace_strict(words, list(source.map.values()), default=other,
                                  return_dtype=pl.String)  # fmt: skip
    if source.match:
        chain: Any = pl
        for pattern, word in source.match.items():
            chain = chain.when(given.str.contains(pattern)).then(pl.lit(word))
        found: pl.Expr = chain.otherwise(other)
        return found
    return pl.when(given.str.strip_chars() != "").then(given).otherwise(other)


def expected(column: Column) -> str:
    if column.values:
        return "one of " + ", ".join(column.values)
    return {
        "number": f"a number with at most {column.integer_digits} digits before the point"
        if column.kind in ("number", "integer") else "",
        "integer": "a whole number",
        "date": "a date such as 2026-03-05",
        "timestamp": "an instant such as 2026-03-05T08:30:00+08:00",
        "text": "18 characters with a right check character" if column.format == "usc"
        else "text; a part number must not be turned into a number",
    }.get(column.kind, column.kind)  # fmt: skip
