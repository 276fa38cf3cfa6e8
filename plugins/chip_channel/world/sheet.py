"""One file: text lines put together with titles, headers, bad lines and sums, and made bytes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
import xlsxwriter

from chip_channel.world.dirt import Bad
from chip_channel.world.render import DATES, Style, number_text
from chip_channel.world.shape import ReportShape

CREATED = datetime(2025, 1, 1)  # noqa: DTZ001 - fixed, so that the same world gives the same bytes


@dataclass(frozen=True)
class Sheet:
    """A file as bytes, and where each of its lines went."""

    data: bytes
    row_no: np.ndarray  # of the good lines, shape (lines,)
    planted: list[tuple[int, str, str]]  # row_no, code, field
    records: int  # of the file, titles, headers, blank and sum lines included
    skipped: int


def build(
    shape: ReportShape,
    style: Style,
    cells: pl.DataFrame,
    bad: list[Bad],
    *,
    qty: np.ndarray,
    scale: int = 0,
    wrong_total: int = 0,
    drop_header: bool = False,
) -> Sheet:
    """Assemble a file. `qty` holds the lines' quantities as integers of 1/10**scale."""
    head = [[text] if text else [] for text in shape.title]
    names = [*shape.columns.values(), *shape.extra]
    if shape.groups:
        head.append([shape.groups[name] for name in names])
    head.append(["" if drop_header and k == len(shape.columns) - 1 else n
                 for k, n in enumerate(names)])  # fmt: skip

    tail = ["-"] * len(shape.extra)
    columns = [cells[name].to_list() for name in shape.columns]
    columns += [["-"] * len(cells) for _ in shape.extra]
    good = list(zip(*columns, strict=True))
    spoiled = [(*b.cells, *tail, "?") if b.too_wide else (*b.cells, *tail) for b in bad]
    order = np.insert(
        np.arange(len(good)), [b.before for b in bad], -np.arange(1, len(bad) + 1)
    ) if bad else np.arange(len(good))  # fmt: skip
    rows = [good[k] if k >= 0 else spoiled[-k - 1] for k in order]

    # A line break inside a field makes a record longer than one line of the file.
    breaks = np.zeros(len(good), dtype=np.int64)
    for name in shape.columns:
        breaks += cells[name].str.count_matches("\n").to_numpy()
    lengths = np.array(
        [breaks[k] if k >= 0 else sum(c.count("\n") for c in spoiled[-k - 1]) for k in order],
        dtype=np.int64,
    )
    start = len(head) + 1 + np.arange(len(rows)) + np.cumsum(lengths) - lengths
    row_no = np.zeros(len(good), dtype=np.int64)
    row_no[order[order >= 0]] = start[order >= 0]
    where = {int(-k - 1): int(s) for k, s in zip(order, start, strict=True) if k < 0}
    planted = [(where[i], b.code, b.field) for i, b in enumerate(bad)]

    foot = []
    if shape.subtotal:
        total = int(qty.sum()) + sum(int(b.sign * qty[b.donor]) for b in bad if b.counts)
        text = number_text(pl.Series([total + wrong_total]), scale, style)[0]
        blank = [""] * len(names)
        blank[0], blank[list(shape.columns).index("qty")] = shape.subtotal, text
        foot.append(blank)
    everything = [*head, *rows, *foot]
    make = _excel if style.kind == "excel" else _delimited
    data = make(shape, style, everything, len(head))
    return Sheet(data, row_no, planted, len(everything), len(head) + len(foot))


def _delimited(shape: ReportShape, style: Style, rows: list, head: int) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=style.delimiter,
        quoting=csv.QUOTE_ALL if style.quote_all else csv.QUOTE_MINIMAL,
        lineterminator=style.newline,
    )
    writer.writerows(rows)
    if style.encoding == "utf-16":  # with a mark, and little-endian on every machine
        return b"\xff\xfe" + text.getvalue().encode("utf-16-le")
    mark = b"\xef\xbb\xbf" if style.bom else b""
    return mark + text.getvalue().encode(style.encoding)


def _excel(shape: ReportShape, style: Style, rows: list, head: int) -> bytes:
    buffer = io.BytesIO()
    # Numbers go in as typed by a person: what reads as a number becomes one.
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_numbers": True, "strings_to_formulas": False}
    )
    book.set_properties({"created": CREATED})
    sheet = book.add_worksheet(shape.sheet or "Sheet1")
    bold = book.add_format({"bold": True, "align": "center"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    if style.date == "cell":
        at = [k for k, name in enumerate(shape.columns) if name in DATES]
        rows = rows[:head] + [_with_dates(row, at) for row in rows[head:]]
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(number, column, value, day)
            elif value != "":
                sheet.write(number, column, value)
    if shape.groups:
        top, start = rows[head - 2], 0
        for column in range(1, len(top) + 1):
            if column == len(top) or top[column] != top[start]:
                if column - start > 1:
                    sheet.merge_range(head - 2, start, head - 2, column - 1, top[start], bold)
                start = column
    book.close()
    return buffer.getvalue()


def _with_dates(row: tuple[str, ...], at: list[int]) -> list[str | datetime]:
    out: list[str | datetime] = list(row)
    for k in at:
        try:
            out[k] = datetime.fromisoformat(row[k])
        except ValueError:
            continue  # empty, or planted to be no date
    return out
