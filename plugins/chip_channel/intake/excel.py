"""Excel: a sheet becomes blocks of fields. What a workbook claims is checked before it is read."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import fastexcel
import polars as pl

from chip_channel.intake.block import (
    HEADER_WITHIN,
    Block,
    Refused,
    column_names,
    find_header,
    wanted,
    without_nul,
)
from chip_channel.intake.codes import Fatal
from chip_channel.intake.feed import ReportFeed
from chip_channel.settings import settings

BLOCK_ROWS = 50_000
MAX_UNPACKED = 600 * 1024 * 1024
MAX_RATIO = 200
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension\s+ref="(?:[A-Z]+\d+:)?([A-Z]+)(\d+)"')
_LAST_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?r="([A-Z]+)(\d+)"')


def read(path: Path, shape: ReportFeed) -> Iterator[Block]:
    """Read one sheet in blocks.

    Raises Fatal: F_TOO_LARGE before anything is unpacked that would not fit, F_UNREADABLE,
    F_HEADER.
    """
    _check_size(path)
    table = _load(path, shape)
    if table.width > settings().max_columns:
        raise Fatal("F_TOO_LARGE", f"{table.width:,} columns; at most {settings().max_columns:,}")
    if table.is_empty():
        raise Fatal("F_UNREADABLE", "the sheet is empty")
    header = find_header(table.head(HEADER_WITHIN + shape.header_rows).rows(), shape)
    refused = Refused()
    body = header.first_row + shape.header_rows
    for i, row in enumerate(table.head(body).rows()):
        code = "S_TITLE" if i < header.first_row else "S_HEADER"
        text = _line(row)
        refused.add(i + 1, code if text.strip("\t ") else "S_BLANK", text)
    table.columns = column_names(header, table.width)
    columns = wanted(header, table.width, shape)
    for start in range(body, max(table.height, body + 1), BLOCK_ROWS):
        part = table.slice(start, BLOCK_ROWS)
        row_no = pl.int_range(start + 1, start + 1 + part.height, eager=True)
        blank = part.select(
            pl.all_horizontal(pl.all().fill_null("").str.strip_chars() == "").alias("blank")
        )["blank"]
        for r in row_no.filter(blank).to_list():
            refused.add(r, "S_BLANK", "")
        part, row_no = part.filter(~blank), row_no.filter(~blank)

        def as_sent(rows: Sequence[int], part: pl.DataFrame = part) -> list[str]:
            return [_line(part.row(r)) for r in rows]

        frame = part.select(columns)
        yield Block(frame, row_no, as_sent, refused, tidy=False, settled=False)
        refused = Refused()


def sheet_rows(path: Path) -> list[list[str]]:
    """The first rows of the first sheet, for drafting a feed."""
    _check_size(path)
    rows = fastexcel.read_excel(path).load_sheet(0, header_row=None, n_rows=60, dtypes="string")
    return [["" if c is None else str(c) for c in row] for row in rows.to_polars().rows()]


def _load(path: Path, shape: ReportFeed) -> pl.DataFrame:
    try:
        book = fastexcel.read_excel(path)
        if shape.sheet is not None and shape.sheet not in book.sheet_names:
            names = ", ".join(book.sheet_names)
            raise Fatal("F_HEADER", f"no sheet {shape.sheet!r}; sheets: {names}")
        sheet = book.load_sheet(
            0 if shape.sheet is None else shape.sheet, header_row=None, skip_rows=0,
            dtypes="string",
        )  # fmt: skip
        return sheet.to_polars()
    except (Fatal, MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # the reader is Rust: a panic is no Exception
        raise Fatal("F_UNREADABLE", f"the workbook cannot be read: {error}"[:500]) from error


def _line(row: Sequence[object]) -> str:
    return without_nul("\t".join("" if cell is None else str(cell) for cell in row))


def _check_size(path: Path) -> None:
    """Refuse what a workbook claims before unpacking it: size, ratio, cells, entities."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as source:
            if source.read(8) != b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
                raise Fatal("F_UNREADABLE", "not an Excel workbook (neither .xlsx nor .xls)")
        return
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
            packed = max(path.stat().st_size, 1)
            if unpacked > MAX_UNPACKED or (
                unpacked > 50 * 1024 * 1024 and unpacked / packed > MAX_RATIO
            ):
                raise Fatal(
                    "F_TOO_LARGE",
                    f"unpacks from {packed:,} to {unpacked:,} bytes; at most {MAX_UNPACKED:,}",
                )
            for name in archive.namelist():
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                    _check_sheet(archive, name)
    except (Fatal, MemoryError):
        raise
    except Exception as error:  # zipfile raises zlib's, struct's and other errors as they come
        raise Fatal("F_UNREADABLE", f"the workbook is damaged: {error}") from error


def _check_sheet(archive: zipfile.ZipFile, name: str) -> None:
    limit = settings().max_excel_cells
    first_row = first_column = 0
    with archive.open(name) as sheet:
        tail = b""
        while block := sheet.read(1024 * 1024):
            text = tail + block
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise Fatal("F_UNREADABLE", "the workbook declares XML entities")
            for pattern in (_DIMENSION, _LAST_CELL):
                for column, row in _extremes(pattern, text):
                    first_row, first_column = max(first_row, row), max(first_column, column)
            if first_row * first_column > limit:
                raise Fatal(
                    "F_TOO_LARGE",
                    f"the sheet claims {first_row:,} rows × {first_column:,} columns; at most "
                    f"{limit:,} cells",
                )
            tail = text[-200:]


def _extremes(pattern: re.Pattern[bytes], text: bytes) -> Iterator[tuple[int, int]]:
    """(column, row) of the cells that a piece of sheet XML names, first, last and widest."""
    found = pattern.findall(text)
    if found:
        rows = max(int(row) for _, row in found)
        widest = max((column for column, _ in found), key=lambda c: (len(c), c))
        yield _column_number(widest), rows


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
