"""Run the readers and the checks on bytes, without a database."""

import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from chip_channel.contracts import contract
from chip_channel.intake import delimited
from chip_channel.intake.check import Checker
from chip_channel.intake.feed import Recognised, ReportFeed
from chip_channel.intake.load import Counts, blocks, check_total

from support.dealer import feed


@dataclass
class Read:
    """What a reader made of a file."""

    rows: dict[int, tuple[str | None, ...]] = field(default_factory=dict)
    """Line in the file -> fields, in the order of the shape's headers."""
    refused: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Line in the file -> (code, text)."""
    spans: dict[int, int] = field(default_factory=dict)
    """Line in the file -> physical lines of its record."""
    entries: int = 0


def read_bytes(data: bytes, shape: ReportFeed) -> Read:
    """Read a delimited file; the text of every record is asked for."""
    headers = [s.header for s in shape.columns.values() if s.header]
    found = Read()
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        for block in delimited.read(Path(file.name), shape):
            texts = block.as_sent(range(block.frame.height))
            rows = block.frame.select(headers).rows()
            for row_no, row, text in zip(block.row_no.to_list(), rows, texts, strict=True):
                found.rows[row_no] = row
                found.spans[row_no] = text.count("\n") + 1
            r = block.refused
            for row_no, code, text in zip(r.row_no, r.code, r.text, strict=True):
                found.refused[row_no] = (code, text)
                found.spans[row_no] = text.count("\n") + 1
            found.entries += block.frame.height + len(r.row_no)
    return found


@dataclass
class Result:
    """What the checks made of a file."""

    counts: Counts
    good: dict[int, dict[str, Any]]
    """Line -> canonical values."""
    issues: list[tuple[int, str, str | None]]
    """(line, code, field), sorted; skipped lines too."""

    def codes(self, row_no: int) -> list[str]:
        return [code for r, code, _ in self.issues if r == row_no]


def check_file(path: Path, report: str = "stock", mode: str = "full", **changes: Any) -> Result:
    """Read and check a file as intake does, period March 2026."""
    given = feed(**changes)
    recognised = Recognised(given, report, mode, date(2026, 3, 1), date(2026, 3, 31))
    checker, counts = Checker(recognised, contract(report)), Counts()
    good: dict[int, dict[str, Any]] = {}
    issues: list[tuple[int, str, str | None]] = []
    for block in blocks(recognised, path):
        done = checker.check(block)
        counts.add(done)
        good |= {row.pop("row_no"): row for row in done.good.iter_rows(named=True)}
        for frame in done.issues:
            issues += frame.select("row_no", "code", "field").rows()
    check_total(checker)
    return Result(counts, good, sorted(issues, key=str))


def check_bytes(data: bytes | str, **changes: Any) -> Result:
    """As check_file, for the bytes of a file."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data.encode() if isinstance(data, str) else data)
        file.flush()
        return check_file(Path(file.name), **changes)


def series(*values: str | None) -> pl.Series:
    return pl.Series(values, dtype=pl.String)
