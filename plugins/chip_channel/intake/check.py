"""A block of a dealer's lines, checked against its contract: good lines, and issues by line."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import polars_hash as plh

from chip_channel.contracts import Column, Contract
from chip_channel.intake.block import Block
from chip_channel.intake.feed import Recognised
from chip_channel.intake.layout import complete, header_again, refuse_other_header
from chip_channel.intake.normalise import repair, spread
from chip_channel.intake.plan import checks, expected, in_our_words, plan

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
            return Checked(pl.DataFrame(), self.issues, quarantined, 0, self.skipped)
        self.given = self.block.frame.select(
            self._given(c.name).alias(c.name) for c in self.checker.columns
        )
        values, typed, bad = self._convert()
        self._run_checks(typed, bad)
        if self.wrong is not None:
            refuse_other_header(self.block, self.wrong.arg_true())
        self._add_to_total(typed)
        good = self._number_lines(values)
        if self.wrong is not None:
            quarantined += int(self.wrong.sum())
            good = good.filter(~self.wrong)
        warned = int(self.warned.sum()) if self.warned is not None else 0
        return Checked(good, self.issues, quarantined, warned, self.skipped)

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
                block.ascii,
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

    def _given(self, name: str) -> pl.Expr:
        """A column as the dealer gave it, the dealer's own words replaced by ours."""
        source = self.shape.columns[name]
        if source.const is not None:
            return pl.repeat(source.const, pl.len())
        if source.row:
            return pl.lit(self.block.row_no).cast(pl.String)
        if source.period:
            r = self.checker.recognised
            day = r.period_start if source.period == "start" else r.period_end
            return pl.repeat(day.isoformat() if day else None, pl.len(), dtype=pl.String)
        return in_our_words(pl.col(source.header or ""), source)

    def _convert(self) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, pl.Series]]:
        """(values to load, typed values to check, what could not be read) of all columns."""
        checker, tidy = self.checker, self.block.tidy
        tried = self.given.select(checker.plan.first[tidy])
        plain = tidy and self.block.ascii
        doubted = tried.select(checker.plan.doubts[plain]).row(0, named=True)
        values: list[pl.Series] = []
        typed: list[pl.Series] = []
        bad: dict[str, pl.Series] = {}
        for c in checker.columns:
            kind = tried[f"t:{c.name}"]
            value = tried[f"v:{c.name}"] if c.kind == "number" else kind
            lost = kind.null_count() > self.given[c.name].null_count()
            if lost or doubted[c.name]:
                done = repair(self.given[c.name], c, checker.form)
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
        """All checks at once; only what failed is looked at line by line."""
        found = typed.select(
            c.wrong.any().alias(str(i)) for i, c in enumerate(self.checker.checks)
        ).row(0)
        for check, failed in zip(self.checker.checks, found, strict=True):
            if failed:
                mask = typed.select(check.wrong.fill_null(False).alias("wrong")).to_series()
                if check.field in bad:  # a value that cannot be read is reported as that alone
                    mask &= ~bad[check.field]
                self._report(mask, check.code, check.field, check.expected)

    def _number_lines(self, values: pl.DataFrame) -> pl.DataFrame:
        """The lines with row_no and content hash; repeated keys are found on the way."""
        exact = self.shape.duplicates == "exact_line"
        if exact:
            key = _joined(self.block.frame, self.block.frame.columns)
        else:
            key = _joined(values, [k for k in self.contract.key if k in values.columns])
        hashed = pl.DataFrame({"key": key, "line": _joined(values, values.columns)}).select(
            plh.col("key").nchash.xxh3_64(), plh.col("line").nchash.xxh3_64(),
        )  # fmt: skip
        self._check_repeats(hashed["key"], key, exact)
        return values.select(
            self.block.row_no.alias("row_no"),
            hashed["line"].reinterpret(signed=True).alias("line_hash"),
            pl.all(),
        )

    def _check_repeats(self, hashes: pl.Series, keys: pl.Series, exact: bool) -> None:
        """The same key twice in one file: the first good line stands."""
        if exact or self.wrong is None:
            again = self.checker.seen.repeats(hashes)
        else:
            fine = (~self.wrong).arg_true()
            again = spread(fine, self.checker.seen.repeats(hashes.gather(fine)), len(hashes))
        if again.any():
            what = "every column" if exact else ", ".join(self.contract.key)
            shown = keys.str.replace_all(_SEPARATOR, " · ", literal=True)
            self._report(again, "E_DUP_LINE", "", f"{what} only once in a file", value=shown)

    def _add_to_total(self, typed: pl.DataFrame) -> None:
        name = self.shape.control_total
        if name is None or name not in self.given.columns:
            return
        milli = (typed[name] * 1000).round(0).cast(pl.Int64)
        self.checker.totals.counted += int(milli.sum() or 0)
        unreadable = typed[name].null_count() - self.given[name].null_count()
        self.checker.totals.unreadable += max(unreadable, 0)

    def _report(self, mask: pl.Series, code: str, name: str, expected: str | None,
                severity: str = "error", value: pl.Series | None = None) -> None:  # fmt: skip
        if not mask.any():
            return
        at = mask.arg_true()
        if value is None and name in self.given.columns:
            value = self.given[name]
        self.issues.append(
            _issues(self.block.as_sent(at.to_list()), row_no=self.block.row_no.gather(at),
                    severity=severity, code=code, field=name or None,
                    value=None if value is None else value.gather(at), expected=expected)
        )  # fmt: skip
        if severity == "error":
            self.wrong = mask if self.wrong is None else self.wrong | mask
        else:
            self.warned = mask if self.warned is None else self.warned | mask


def _joined(frame: pl.DataFrame, columns: list[str]) -> pl.Series:
    cells = []
    for name in columns:
        cell = pl.col(name) if frame.schema[name] == pl.String else pl.col(name).cast(pl.String)
        cells.append(cell.fill_null("") if frame[name].null_count() else cell)
    return frame.select(pl.concat_str(cells, separator=_SEPARATOR).alias("joined")).to_series()


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
