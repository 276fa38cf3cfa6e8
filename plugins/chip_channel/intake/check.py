"""A block of a dealer's lines, checked against its contract: good lines, and issues by line."""

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import polars_hash as plh

from chip_channel.contracts import Column, Contract
from chip_channel.intake.block import Block
from chip_channel.intake.feed import Recognised
from chip_channel.intake.layout import complete, header_again, refuse_other_header
from chip_channel.intake.normalise import (
    FIRST_DAY,
    LAST_DAY,
    Converted,
    repair,
    repair_lost,
    spread,
)
from chip_channel.intake.plan import checks, expected, in_our_words, plan

ISSUE_COLUMNS = ("row_no", "severity", "code", "field", "value", "expected", "line_as_sent")
_FIRST = (FIRST_DAY - date(1970, 1, 1)).days


@dataclass
class Checked:
    """What became of one block."""

    values: pl.DataFrame
    """The contract's columns of all lines, good and wrong."""
    lines: pl.DataFrame
    """The same lines as row_no, line_hash, and `line`: the values as text, tabs between them."""
    wrong: pl.Series | None
    """True for a line that is not loaded; None: all are good."""
    issues: list[pl.DataFrame]
    """Issues, ISSUE_COLUMNS, one frame per kind."""
    quarantined: int
    warned: int
    skipped: dict[str, int]

    @property
    def accepted(self) -> int:
        """How many lines are good."""
        return self.lines.height - (0 if self.wrong is None else int(self.wrong.sum()))

    @property
    def good(self) -> pl.DataFrame:
        """The good lines: row_no, line_hash, then the contract's columns."""
        if not self.lines.height:
            return self.values
        return self.only_good(self.lines.drop("line").hstack(self.values))

    def only_good(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A frame of all lines without the wrong ones."""
        return frame if self.wrong is None else frame.filter(~self.wrong)


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
    newest: np.ndarray | None = None
    """Those of the last block, not merged yet: most files have but one."""

    def repeats(self, keys: pl.Series) -> pl.Series:
        """True for a key that came before, in this block or an earlier one."""
        again = ~keys.is_first_distinct()
        if self.newest is not None:
            self.hashes = np.concatenate([self.hashes, np.unique(self.newest)])
            self.hashes.sort(kind="stable")  # timsort: two sorted runs merge in linear time
        fresh = keys.to_numpy()
        if len(self.hashes):
            at = np.minimum(np.searchsorted(self.hashes, fresh), len(self.hashes) - 1)
            again |= pl.Series(self.hashes[at] == fresh)
        self.newest = fresh
        return again


class Checker:
    """Checks the blocks of one file in their order."""

    def __init__(self, recognised: Recognised, contract: Contract) -> None:
        self.recognised = recognised
        self.shape = recognised.shape
        self.contract = contract
        self.plan = plan(recognised, contract)
        self.columns = self.plan.columns
        self.form = self.plan.form
        self.checks = checks(contract, recognised)
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
        self.given: pl.DataFrame = pl.DataFrame()
        self.issues: list[pl.DataFrame] = []
        self.wrong: pl.Series | None = None
        self.warned: pl.Series | None = None
        self.skipped: dict[str, int] = {}

    def run(self) -> Checked:
        quarantined = self._refused()
        self._skip_subtotals()
        if not self.block.frame.height:
            none = pl.DataFrame()
            return Checked(none, none, None, self.issues, quarantined, 0, self.skipped)
        self.given = self._all_given()
        values, typed, bad = self._convert()
        self._run_checks(typed, bad)
        if self.wrong is not None:
            refuse_other_header(self.block, np.flatnonzero(self.wrong).tolist())
        self._add_to_total(typed)
        lines = self._number_lines(values)
        quarantined += int(self.wrong.sum()) if self.wrong is not None else 0
        warned = int(self.warned.sum()) if self.warned is not None else 0
        return Checked(values, lines, self.wrong, self.issues, quarantined, warned, self.skipped)

    def _refused(self) -> int:
        refused = self.block.refused
        if not refused.row_no:
            return 0
        severity = ["skip" if code.startswith("S_") else "error" for code in refused.code]
        for code in refused.code:
            if code.startswith("S_"):
                self.skipped[code] = self.skipped.get(code, 0) + 1
        self.issues.append(
            _issues(refused.text, row_no=refused.row_no, severity=severity, code=refused.code,
                    expected=refused.expected)
        )  # fmt: skip
        return severity.count("error")

    def _skip_subtotals(self) -> None:
        """Subtotal lines and repeated headers hold no data; the last total is the control total."""
        block, frame = self.block, self.block.frame
        if not frame.height or not frame.width:
            return
        masks = {"S_HEADER": header_again(frame)}
        if self.shape.subtotal:
            starts = [
                pl.any_horizontal(pl.all().str.strip_chars_start().str.starts_with(word))
                for word in self.shape.subtotal
            ]
            found = frame.select(pl.any_horizontal(*starts).fill_null(False).alias("found"))
            masks["S_SUBTOTAL"] = found.to_series() & ~masks["S_HEADER"]
            if masks["S_SUBTOTAL"].any():
                masks["S_SUBTOTAL"] &= ~complete(frame, self.shape, self.contract)
        skip = None
        for code, mask in masks.items():
            if not mask.any():
                continue
            at = mask.arg_true()
            if code == "S_SUBTOTAL":
                self._take_total(frame[at.to_list()])
            self.skipped[code] = self.skipped.get(code, 0) + len(at)
            self.issues.append(_issues(block.as_sent(at.to_list()), row_no=block.row_no.gather(at),
                                       severity="skip", code=code))  # fmt: skip
            skip = mask if skip is None else skip | mask
        if skip is not None:
            keep = (~skip).arg_true()
            positions, as_sent = keep.to_list(), block.as_sent
            self.block = Block(
                frame[positions], block.row_no.gather(keep),
                lambda rows: as_sent([positions[r] for r in rows]), block.refused, block.tidy,
                block.settled, None if block.file is None else block.file.gather(keep),
            )  # fmt: skip

    def _take_total(self, lines: pl.DataFrame) -> None:
        name = self.shape.control_total
        source = self.shape.columns.get(name) if name else None
        if source is None or source.header is None or name is None:
            return
        column = self.contract.by_name[name]
        total = repair(lines[source.header], column, self.checker.form).typed.drop_nulls()
        if len(total):
            self.checker.totals.stated = float(total[-1])

    def _all_given(self) -> pl.DataFrame:
        """The contract's columns as the dealer gave them, the dealer's own words as ours."""
        return pl.DataFrame([self._given(c.name).alias(c.name) for c in self.checker.columns])

    def _given(self, name: str) -> pl.Series:
        source, height = self.shape.columns[name], self.block.frame.height
        if source.header is not None:
            return in_our_words(self.block.frame.get_column(source.header), source)
        if source.row:
            return self.block.row_no.cast(pl.String)
        recognised = self.checker.recognised
        day = recognised.period_start if source.period == "start" else recognised.period_end
        text = source.const if source.period is None else day.isoformat() if day else None
        return pl.Series([text], dtype=pl.String).new_from_index(0, height)

    def _convert(self) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, pl.Series]]:
        """(values to load, typed values to check, what could not be read) of all columns."""
        checker, tidy = self.checker, self.block.tidy
        tried = self.given.select(checker.plan.first[tidy])
        plain = tidy and self.block.settled
        doubted = tried.select(checker.plan.doubts[plain]).row(0, named=True)
        values: list[pl.Series] = []
        typed: list[pl.Series] = []
        bad: dict[str, pl.Series] = {}
        for c in checker.columns:
            kind = tried.get_column(f"t:{c.name}")
            value = tried.get_column(f"v:{c.name}") if c.kind == "number" else kind
            given = self.given.get_column(c.name)
            lost = kind.null_count() > given.null_count()
            if lost or doubted[c.name]:
                done = (
                    repair(given, c, checker.form) if doubted[c.name]
                    else repair_lost(given, c, checker.form, Converted(value, kind, None))
                )  # fmt: skip
                value, kind = done.values, done.typed
                if done.bad is not None and done.bad.any():
                    bad[c.name] = done.bad
                    code = c.code("values" if c.values else "type")
                    self._report(done.bad, code, c.name, expected(c))
                if done.repaired is not None:
                    self._report(done.repaired, "W_TEXT_REPAIRED", c.name, None, "warn")
            values.append(value.alias(c.name))
            typed.append(kind.alias(c.name))
        typed += [
            pl.Series(c.name, [None], dtype=_dtype(c)).new_from_index(0, self.given.height)
            for c in checker.plan.absent
        ]
        return pl.DataFrame(values), pl.DataFrame(typed), bad

    def _run_checks(self, typed: pl.DataFrame, bad: dict[str, pl.Series]) -> None:
        """All checks at once."""
        found = typed.select(check.wrong for check in self.checker.checks)
        for check, failed in zip(self.checker.checks, found, strict=True):
            if failed.any():
                # a value that cannot be read is reported as that alone
                mask = failed & ~bad[check.field] if check.field in bad else failed
                self._report(mask, check.code, check.field, check.expected)

    def _number_lines(self, values: pl.DataFrame) -> pl.DataFrame:
        """Row number, content hash and text of all lines; repeated keys are found on the way."""
        exact = self.shape.duplicates == "exact_line"
        line = _joined(values).alias("line")
        if exact:
            sent = self.block.frame
            joined = values.select(line).with_columns(key=sent.select(_joined(sent)).to_series())
        else:
            keys = [k for k in self.contract.key if k in values.columns]
            joined = values.select(_joined(values.select(keys)).alias("key"), line)
        hashed = joined.select(
            plh.col("key").nchash.xxh3_64(),
            plh.col("line").nchash.xxh3_64().reinterpret(signed=True),
        )
        hashes, file = hashed.get_column("key"), self.block.file
        if file is not None:  # a key may come again in another
            hashes ^= file
        self._check_repeats(hashes, joined.get_column("key"), exact)
        return pl.DataFrame([
            self.block.row_no.alias("row_no"), hashed.get_column("line").alias("line_hash"),
            joined.get_column("line"),
        ])  # fmt: skip

    def _check_repeats(self, hashes: pl.Series, keys: pl.Series, exact: bool) -> None:
        """The same key twice in one file: the first good line stands."""
        if exact or self.wrong is None:
            again = self.checker.seen.repeats(hashes)
        else:
            fine = np.flatnonzero(~self.wrong)
            again = spread(fine, self.checker.seen.repeats(hashes[fine]), len(hashes))
        if again.any():
            what = "every column" if exact else ", ".join(self.contract.key)
            shown = keys.str.replace_all("\t", " · ", literal=True)
            self._report(again, "E_DUP_LINE", "", f"{what} only once in a file", value=shown)

    def _add_to_total(self, typed: pl.DataFrame) -> None:
        name = self.shape.control_total
        if name is None or name not in self.given.columns:
            return
        milli = (typed.get_column(name) * 1000).round(0).cast(pl.Int64)
        self.checker.totals.counted += int(milli.sum() or 0)
        unreadable = typed.get_column(name).null_count() - self.given.get_column(name).null_count()
        self.checker.totals.unreadable += max(unreadable, 0)

    def _report(self, mask: pl.Series, code: str, name: str, expected: str | None,
                severity: str = "error", value: pl.Series | None = None) -> None:  # fmt: skip
        if not mask.any():
            return
        at = np.flatnonzero(mask)
        if value is None and name in self.given.columns:
            value = self.given.get_column(name)
        self.issues.append(
            _issues(self.block.as_sent(at.tolist()), row_no=self.block.row_no[at],
                    severity=severity, code=code, field=name or None,
                    value=None if value is None else value[at], expected=expected)
        )  # fmt: skip
        if severity == "error":
            self.wrong = mask if self.wrong is None else self.wrong | mask
        else:
            self.warned = mask if self.warned is None else self.warned | mask


def _joined(values: pl.DataFrame) -> pl.Expr:
    """Each line's cells as text with tabs between them, nothing for none."""
    cells = []
    for cell in values:
        text = pl.col(cell.name)
        if cell.dtype == pl.Date:
            text = pl.lit(_days()).gather(text.to_physical() - _FIRST)
        cells.append(text.fill_null("") if cell.null_count() else text)
    return pl.concat_str(cells, separator="\t")


@cache
def _days() -> pl.Series:
    """Every day that can be loaded, as text: looked up, not formatted line by line."""
    return pl.date_range(FIRST_DAY, LAST_DAY, eager=True).cast(pl.String)


def _dtype(column: Column) -> Any:
    kinds: dict[str, Any] = {"number": pl.Float64, "integer": pl.Float64, "date": pl.Date,
             "timestamp": pl.Datetime("us", "UTC")}  # fmt: skip
    return kinds.get(column.kind, pl.String)


def _issues(line_as_sent: list[str], **parts: Any) -> pl.DataFrame:
    """One frame of ISSUE_COLUMNS; scalars are spread over all rows."""
    columns = {}
    for label in ISSUE_COLUMNS:
        part = line_as_sent if label == "line_as_sent" else parts.get(label)
        dtype = pl.Int64 if label == "row_no" else pl.String
        if isinstance(part, pl.Series | list):
            columns[label] = pl.Series(label, part, dtype=dtype)
        else:
            columns[label] = pl.Series(label, [part], dtype=dtype).new_from_index(
                0, len(line_as_sent)
            )
    return pl.DataFrame(columns)
