"""What a reader hands on: a block of lines as the dealer wrote them."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import polars as pl

from chip_channel.intake.codes import Fatal
from chip_channel.intake.feed import ReportFeed

HEADER_WITHIN = 60
"""Lines in which the header must be found."""


@dataclass
class Refused:
    """Lines of the file that carry no data, or that could not be cut into fields."""

    row_no: list[int] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    expected: list[str | None] = field(default_factory=list)

    def add(self, row_no: int, code: str, text: str, expected: str | None = None) -> None:
        self.row_no.append(row_no)
        self.code.append(code)
        self.text.append(without_nul(text))
        self.expected.append(expected)


@dataclass
class Block:
    """Lines of one chunk of a file: strings, one column per mapped header."""

    frame: pl.DataFrame
    """Columns named by the header as the feed writes it; shape (lines, mapped headers)."""
    row_no: pl.Series
    """Physical line in the file, Int64, shape (lines,)."""
    as_sent: Callable[[Sequence[int]], list[str]]
    """Positions in the block -> the lines as the dealer wrote them."""
    refused: Refused
    tidy: bool
    """Whether no field has blanks around it, a control character, or is empty but not null."""
    settled: bool
    """Whether NFKC is known to leave every field as it is: ASCII and Chinese characters alone."""
    file: pl.Series | None = None
    """Which file a line is of, UInt64, shape (lines,), where a block holds several."""


def without_nul(text: str) -> str:
    """Text that PostgreSQL can hold: ␀ for NUL."""
    return text.replace("\x00", "\u2400")


@cache
def plain(name: str | None) -> str:
    """A header for comparison: NFKC, one space between words, no case."""
    return " ".join(unicodedata.normalize("NFKC", name or "").split()).casefold()


def joined(rows: Sequence[Sequence[str | None]]) -> list[str]:
    """One name per column from one or more header rows; a merged cell spreads to the right."""
    names = [""] * max((len(row) for row in rows), default=0)
    for level, row in enumerate(rows):
        last, merged = "", level < len(rows) - 1
        for i in range(len(names)):
            cell = " ".join(str(row[i] or "").split()) if i < len(row) else ""
            last = cell or (last if merged else "")
            names[i] = "/".join(part for part in (names[i], last) if part)
    return names


@dataclass(frozen=True)
class Header:
    """Where the header is, and which column of the file holds which mapped header."""

    first_row: int
    """0-based index of its first row among the rows looked at."""
    width: int
    positions: dict[str, int]
    """Mapped header -> 0-based column of the file."""


def column_names(header: Header, width: int) -> list[str]:
    """Names for the columns of a file: the mapped headers, and a number for any other."""
    mapped = {i: name for name, i in header.positions.items()}
    return [mapped.get(i, f"\u00b7{i}") for i in range(width)]


def wanted(header: Header, width: int, shape: ReportFeed) -> list[str]:
    """The columns that a block holds: the mapped ones, and all where whole lines are compared."""
    if shape.duplicates == "exact_line":
        return column_names(header, width)
    return [name for name, _ in sorted(header.positions.items(), key=lambda item: item[1])]


def find_header(rows: Sequence[Sequence[str | None]], shape: ReportFeed) -> Header:
    """Find the header among the first rows of a file.

    Raises Fatal with F_HEADER, naming what is missing and what was found instead.
    """
    wanted = sorted({s.header for s in shape.columns.values() if s.header is not None})
    best: tuple[int, list[str], list[str]] = (-1, wanted, [])
    for i in range(min(len(rows), HEADER_WITHIN)):
        names = joined(rows[i : i + shape.header_rows])
        plain_names = [plain(n) for n in names]
        missing = [w for w in wanted if plain(w) not in plain_names]
        if not missing:
            twice = [w for w in wanted if plain_names.count(plain(w)) > 1]
            if twice:
                raise Fatal(
                    "F_HEADER", f"line {i + 1}: the header has {', '.join(twice)} more than once"
                )
            return Header(i, len(names), {w: plain_names.index(plain(w)) for w in wanted})
        if len(wanted) - len(missing) > best[0]:
            best = (len(wanted) - len(missing), missing, [n for n in names if n])
    found = ", ".join(best[2])[:300] or "nothing that could be a header"
    raise Fatal(
        "F_HEADER",
        f"missing {', '.join(best[1])} within the first {HEADER_WITHIN} lines; the nearest header "
        f"found has: {found}",
    )
