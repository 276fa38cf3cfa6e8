"""Files read by csv and openpyxl alone: nothing here comes from the code under test but the
dealers' dialects."""

import csv
import io
import unicodedata
from pathlib import Path

import openpyxl
from chip_channel.world.shapes import SHAPES
from chip_channel.world.shapes_channel import VENDOR_SHAPE


def records(path: Path, dealer_id: str) -> list[tuple[int, list[str]]]:
    """Each record with the number of the physical line (or sheet row) on which it starts."""
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path).worksheets[0]
        return [
            (number, ["" if cell is None else str(cell) for cell in row])
            for number, row in enumerate(sheet.iter_rows(values_only=True), 1)
        ]
    style = SHAPES.get(dealer_id, VENDOR_SHAPE).style
    text = path.read_bytes().decode(style.encoding).removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=style.delimiter)
    found, start = [], 1
    for record in reader:
        found.append((start, record))
        start = reader.line_num + 1
    return found


def table(path: Path, dealer_id: str, report: str) -> list[dict[str, str]]:
    """Data lines as canonical column -> text, NFKC; `row_no` is among them."""
    shape = SHAPES.get(dealer_id, VENDOR_SHAPE).reports[report]
    rows = records(path, dealer_id)
    header = list(shape.columns.values())
    at = next(i for i, (_, cells) in enumerate(rows) if cells[: len(header)] == header)
    found = []
    for number, cells in rows[at + 1 :]:
        if shape.subtotal and cells[0] == shape.subtotal:
            continue
        named = dict(zip(shape.columns, cells, strict=False))
        clean = {k: unicodedata.normalize("NFKC", v) for k, v in named.items()}
        found.append({**clean, "row_no": str(number), "width": str(len(cells))})
    return found
