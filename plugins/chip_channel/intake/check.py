"""A block of a dealer's lines, checked against its contract: good lines, and issues by line."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
import polars_hash as plh

from chip_channel.contracts import Column, Contract
from chip_channel.intake.block import Block
from chip_channel.intake.feed import Recognised, Source
from chip_channel.intake.normalise import Converted, convert

ISSUE_COLUMNS = ("row_no", "severity", "code", "field", "value", "expected", "line_as_sent")
_SEPARATOR = "\x1f"


@dataclass
class Checked:
    """What became of one block."""

    good: pl.DataFrame
    """Lines ready for COPY: row_no, line_hash, then the contract's columns."""
    issues: list[pl.DataFrame]
    """Issues, ISSUE_COLUMNS, one frame per kind."""
    quarantined: int
    warned: int
    skipped: dict[str, int]


@dataclass
class Totals:
    """The control total so far, in thousandths, so that sums are exact."""

    stated: float | None = None
    counted: int = 0
    unreadable: int = 0


@dataclass
class Seen:
    """Hashes of the keys of all earlier lines of a file: 8 bytes a line, always sorted."""

    hashes: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.uint64))

    def repeats(self, keys: pl.Series) -> pl.Series:
        """True for a key that came before, in this block or an earlier one."""
        again = ~keys.is_first_distinct()
        fresh = keys.to_numpy()
        if len(self.hashes):
            at = np.minimum(np.searchsorted(self.hashes, fresh), len(self.hashes) - 1)
            again |= pl.Series(self.hashes[at] == fresh)
        merged = np.concatenate([self.hashes, np.unique(fresh)])
        merged.sort(kind="stable")  # timsort: two sorted runs merge in linear time
        self.hashes = merged
        return again


class Checker:
    """Checks the blocks of one file in their order."""

    def __init__(self, recognised: Recognised, contract: Contract) -> None:
        self.recognised = recognised
        self.shape = recognised.shape
        self.contract = contract
        self.seen = Seen()
        self.totals = Totals()

    def check(self, block: Block) -> Checked:
        """Normalise and check one block; every line of it is good, refused or skipped."""
        return _BlockCheck(self, block).run()


class _BlockCheck:
    def __init__(self, checker: Checker, block: Block) -> None:
        self.checker = checker
        self.shape = checker.shape
        self.contract = checker.contract
        self.block = block
        self.issues: list[pl.DataFrame] = []
        self.wrong: pl.Series | None = None
        self.warned: pl.Series | None = None
        self.skipped: dict[str, int] = {}

    def run(self) -> Checked:
        quarantined = self._refused()
        self._skip_subtotals()
        frame, height = self.block.frame, self.block.frame.height
        if not height:
            return Checked(frame.clear(), self.issues, quarantined, 0, self.skipped)
        given = {c.name: self._given(c.name) for c in self.contract.columns}
        converted = {
            c.name: self._convert(c, given[c.name])
            for c in self.contract.columns
            if given[c.name] is not None
        }
        for column in self.contract.columns:
            self._check_column(column, given[column.name], converted.get(column.name))
        typed = pl.DataFrame(
            {c.name: converted[c.name].typed if c.name in converted
             else pl.repeat(None, height, dtype=_dtype(c), eager=True)
             for c in self.contract.columns}
        )  # fmt: skip
        self._check_rules(typed, given)
        self._check_period(typed)
        self._add_to_total(typed, given)
        values = pl.DataFrame(
            {c.name: converted[c.name].values if c.name in converted
             else pl.repeat(None, height, dtype=pl.String, eager=True)
             for c in self.contract.columns}
        )  # fmt: skip
        self._check_repeats(values)
        good = values.select(
            self.block.row_no.alias("row_no"),
            self._line_hash(values),
            pl.all(),
        )  # fmt: skip
        if self.wrong is not None:
            quarantined += int(self.wrong.sum())
            good = good.filter(~self.wrong)
        warned = int(self.warned.sum()) if self.warned is not None else 0
        return Checked(good, self.issues, quarantined, warned, self.skipped)

    def _line_hash(self, values: pl.DataFrame) -> pl.Series:
        text = pl.concat_str(pl.all().fill_null(""), separator=_SEPARATOR)
        hashed = values.select(text.alias("t")).select(
            plh.col("t").nchash.xxh3_64()  # type: ignore[attr-defined]
        )
        return hashed.to_series().reinterpret(signed=True).alias("line_hash")

    def _refused(self) -> int:
        refused = self.block.refused
        if not refused.row_no:
            return 0
        severity = ["skip" if code.startswith("S_") else "error" for code in refused.code]
        for code in refused.code:
            if code.startswith("S_"):
                self.skipped[code] = self.skipped.get(code, 0) + 1
        self.issues.append(
            _issues(refused.row_no, severity, refused.code, None, None, refused.expected,
                    refused.text)
        )  # fmt: skip
        return severity.count("error")

    def _skip_subtotals(self) -> None:
        """Subtotal lines and repeated headers hold no data; the last total is the control total."""
        block, frame = self.block, self.block.frame
        if not frame.height or not frame.width:
            return
        first = frame.to_series(0)
        repeated = (first == frame.columns[0]).fill_null(False)
        for mask, code in ((repeated, "S_HEADER"), (self._subtotals(), "S_SUBTOTAL")):
            if mask is None or not mask.any():
                continue
            at = mask.arg_true()
            if code == "S_SUBTOTAL":
                self._take_total(block.frame[at.to_list()])
            rows = block.row_no.gather(at)
            self.skipped[code] = self.skipped.get(code, 0) + len(at)
            self.issues.append(
                _issues(rows, "skip", code, None, None, None, block.as_sent(at.to_list()))
            )
        skip = repeated if (s := self._subtotals()) is None else repeated | s
        if skip.any():
            keep = (~skip).arg_true()
            positions, as_sent = keep.to_list(), block.as_sent
            self.block = Block(
                block.frame[positions], block.row_no.gather(keep),
                lambda rows: as_sent([positions[r] for r in rows]), block.refused,
                block.ascii_only,
            )  # fmt: skip

    def _subtotals(self) -> pl.Series | None:
        if not self.shape.subtotal:
            return None
        starts = [pl.all().fill_null("").str.strip_chars().str.starts_with(word)
                  for word in self.shape.subtotal]  # fmt: skip
        return self.block.frame.select(
            pl.any_horizontal(*[pl.any_horizontal(s) for s in starts]).alias("subtotal")
        ).to_series()

    def _take_total(self, lines: pl.DataFrame) -> None:
        name = self.shape.control_total
        source = self.shape.columns.get(name) if name else None
        if source is None or source.header is None or name is None:
            return
        column = self.contract.by_name[name]
        total = self._convert(column, lines[source.header]).typed.drop_nulls()
        if len(total):
            self.checker.totals.stated = float(total[-1])

    def _given(self, name: str) -> pl.Series | None:
        """The column as the dealer gave it, in the dealer's own words replaced by ours."""
        source = self.shape.columns.get(name)
        if source is None:
            return None
        height = self.block.frame.height
        if source.const is not None:
            return pl.repeat(source.const, height, eager=True)
        if source.row:
            return self.block.row_no.cast(pl.String)
        if source.period:
            r = self.checker.recognised
            day = r.period_start if source.period == "start" else r.period_end
            return pl.repeat(day.isoformat() if day else None, height, dtype=pl.String, eager=True)
        return _in_our_words(self.block.frame[source.header or ""], source)

    def _convert(self, column: Column, given: pl.Series) -> Converted:
        return convert(given, column, self.shape.dates, self.shape.decimal,
                       self.checker.recognised.feed.time_zone, self.block.ascii_only)  # fmt: skip

    def _check_column(
        self, column: Column, given: pl.Series | None, done: Converted | None
    ) -> None:
        if done is None or given is None:
            return
        if done.bad is not None:
            failure = "values" if column.values else "type"
            self._report(done.bad, column.code(failure), column.name, given, _expected(column))
        if done.repaired is not None:
            self._report(done.repaired, "W_TEXT_REPAIRED", column.name, given, None, "warn")
        if column.required and done.values.null_count():
            missing = done.values.is_null()
            if done.bad is not None:
                missing &= ~done.bad
            self._report(missing, column.code("required"), column.name, given, "a value")
        if column.minimum is not None:
            low = (done.typed < column.minimum).fill_null(False)
            self._report(low, column.code("minimum"), column.name, given,
                         f"at least {column.minimum:g}")  # fmt: skip
        if column.exclusive_minimum is not None:
            low = (done.typed <= column.exclusive_minimum).fill_null(False)
            self._report(low, column.code("minimum"), column.name, given,
                         f"above {column.exclusive_minimum:g}")  # fmt: skip
        if column.pattern:
            other = (~done.values.str.contains(column.pattern)).fill_null(False)
            self._report(other, column.code("pattern"), column.name, given,
                         f"of the form {column.pattern}")  # fmt: skip

    def _check_rules(self, typed: pl.DataFrame, given: dict[str, pl.Series | None]) -> None:
        for rule in self.contract.rules:
            holds = typed.select(pl.sql_expr(rule.holds).fill_null(True).alias("h")).to_series()
            if not holds.all():
                value = given[rule.field]
                value = typed[rule.field].cast(pl.String) if value is None else value
                self._report(~holds, rule.code, rule.field, value, rule.expected)

    def _check_period(self, typed: pl.DataFrame) -> None:
        name, r = self.contract.business_date, self.checker.recognised
        if name is None or r.period_start is None or r.period_end is None:
            return
        day = typed[name]
        outside = day > r.period_end
        if r.mode == "full":  # a delta may correct earlier periods
            outside |= day < r.period_start
        self._report(outside.fill_null(False), "E_DATE_PERIOD", name, day.cast(pl.String),
                     _span(r.period_start, r.period_end))  # fmt: skip

    def _check_repeats(self, values: pl.DataFrame) -> None:
        """The same key twice in one file: the first good line stands."""
        exact = self.shape.duplicates == "exact_line"
        given = self.block.frame if exact else values.select(self.contract.key)
        text = given.select(
            pl.concat_str(pl.all().cast(pl.String).fill_null(""), separator=_SEPARATOR).alias("t")
        )
        keys = text.select(plh.col("t").nchash.xxh3_64()).to_series()  # type: ignore[attr-defined]
        if exact or self.wrong is None:
            again = self.checker.seen.repeats(keys)
        else:
            fine = (~self.wrong).arg_true()
            again = pl.repeat(False, len(keys), eager=True)
            again = again.scatter(fine, self.checker.seen.repeats(keys.gather(fine)))
        if again.any():
            what = "every column" if exact else ", ".join(self.contract.key)
            shown = text.to_series().str.replace_all(_SEPARATOR, " · ", literal=True)
            self._report(again, "E_DUP_LINE", "", shown, f"{what} only once in a file")

    def _add_to_total(self, typed: pl.DataFrame, given: dict[str, pl.Series | None]) -> None:
        name = self.shape.control_total
        column = given.get(name) if name else None
        if name is None or column is None:
            return
        milli = (typed[name] * 1000).round(0).cast(pl.Int64)
        self.checker.totals.counted += int(milli.sum() or 0)
        self.checker.totals.unreadable += int((typed[name].is_null() & column.is_not_null()).sum())

    def _report(self, mask: pl.Series, code: str, name: str, value: pl.Series,
                expected: str | None, severity: str = "error") -> None:  # fmt: skip
        if not mask.any():
            return
        at = mask.arg_true()
        self.issues.append(
            _issues(self.block.row_no.gather(at), severity, code, name, value.gather(at), expected,
                    self.block.as_sent(at.to_list()))
        )  # fmt: skip
        if severity == "error":
            self.wrong = mask if self.wrong is None else self.wrong | mask
        else:
            self.warned = mask if self.warned is None else self.warned | mask


def _in_our_words(given: pl.Series, source: Source) -> pl.Series:
    if source.map:
        key = given.str.strip_chars().str.normalize("NFKC")
        given = key.replace_strict(
            list(source.map), list(source.map.values()),
            default=source.default if source.default is not None else given,
            return_dtype=pl.String,
        )  # fmt: skip
    elif source.match:
        cell = pl.col("v")
        chain = pl.when(pl.lit(False)).then(pl.lit(None, dtype=pl.String))
        for pattern, word in source.match.items():
            chain = chain.when(cell.str.contains(pattern)).then(pl.lit(word))
        other = pl.lit(source.default) if source.default is not None else cell
        given = pl.DataFrame({"v": given}).select(chain.otherwise(other)).to_series()
    elif source.default is not None:
        given = given.fill_null(source.default)
    return given


def _dtype(column: Column) -> pl.DataType | type[pl.DataType]:
    kinds = {"number": pl.Float64, "integer": pl.Float64, "date": pl.Date,
             "timestamp": pl.Datetime("us", "UTC")}  # fmt: skip
    return kinds.get(column.kind, pl.String)


def _expected(column: Column) -> str:
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


def _span(start: date, end: date) -> str:
    return f"from {start} to {end}"


def _issues(row_no: object, severity: object, code: object, name: object, value: object,
            expected: object, text: list[str]) -> pl.DataFrame:  # fmt: skip
    """One frame of ISSUE_COLUMNS; scalars are spread over all rows."""
    parts = (row_no, severity, code, name, value, expected, text)
    columns: dict[str, pl.Series] = {}
    for label, part in zip(ISSUE_COLUMNS, parts, strict=True):
        dtype = pl.Int64 if label == "row_no" else pl.String
        if isinstance(part, (pl.Series, list)):
            columns[label] = pl.Series(label, part, dtype=dtype)
        else:
            columns[label] = pl.repeat(part, len(text), dtype=dtype, eager=True).alias(label)
    return pl.DataFrame(columns)
