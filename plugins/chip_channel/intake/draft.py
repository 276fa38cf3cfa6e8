"""Draft a feed from a sample: guess how it is written, and which column is which."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from charset_normalizer import from_bytes
from rapidfuzz import fuzz, process

from chip_channel.contracts import Contract, contracts
from chip_channel.intake.block import joined, plain
from chip_channel.intake.delimited import text_stream
from chip_channel.intake.excel import sheet_rows

DELIMITERS = ",;\t|"
SURE = 88
"""Likeness (0 to 100) of a header and an alias above which the column is taken as found."""
_MONTH = re.compile(r"(?<!\d)(20\d{2})[-_.]?(0[1-9]|1[0-2])(?!\d)")


@dataclass(frozen=True)
class Draft:
    """A feed as far as it could be guessed."""

    report: str
    yaml: str
    missing: tuple[str, ...]
    """Required columns that no header was found for."""
    unused: tuple[str, ...]
    """Headers that fit no column."""


def draft(path: Path, dealer_id: str, report: str | None = None) -> Draft:
    """Draft a feed for one sample file.

    Raises ValueError when no header row can be found.
    """
    excel = path.suffix.lower() in (".xlsx", ".xls")
    shape: dict[str, object] = {"file_name": _name_pattern(path.name)}
    if excel:
        shape["kind"] = "excel"
        rows = sheet_rows(path)
    else:
        encoding = _encoding(path)
        text = text_stream(path, encoding).getvalue()
        delimiter = max(DELIMITERS, key=lambda d: _regularity(text, d))
        rows = list(csv.reader(text.splitlines()[:60], delimiter=delimiter))
        shape |= {"kind": "delimited", "encoding": encoding, "delimiter": delimiter}
    best = max(
        (
            (_score(names, contract), -header_rows, at, names, contract, header_rows)
            for contract in contracts().values()
            if report in (None, contract.name)
            for header_rows in (1, 2)
            for at in range(min(len(rows), 40))
            if (names := joined(rows[at : at + header_rows]))
        ),
        key=lambda found: (found[0], found[1], -found[2]),
        default=None,
    )
    if best is None or best[0] <= 0:
        raise ValueError(f"{path}: no row looks like the header of a known report")
    _, _, at, names, contract, header_rows = best
    if header_rows > 1:
        shape["header_rows"] = header_rows
    found = match_columns(names, contract)
    body = rows[at + header_rows : at + header_rows + 30]
    if not excel and _decimal_comma(body):
        shape["decimal"] = ","
    shape["period"] = "month" if "(?P<period>" in str(shape["file_name"]) else "none"
    if any(
        str(cell or "").strip().startswith(("合计", "总计", "小计")) for r in rows for cell in r
    ):
        shape["subtotal"] = ["合计", "总计", "小计"]
    missing = tuple(c.name for c in contract.columns if c.required and c.name not in found)
    columns: dict[str, object] = dict(found)
    columns |= {name: {"const": "FILL IN"} for name in missing}
    document = {
        "dealer_id": dealer_id, "time_zone": "Asia/Shanghai", "currency": "CNY",
        "tax_basis": "excl", "uom": "pcs",
        "reports": {contract.name: shape | {"columns": columns}},
    }  # fmt: skip
    unused = tuple(n for n in names if n and n not in found.values())
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)
    return Draft(contract.name, text, missing, unused)


def match_columns(names: list[str], contract: Contract) -> dict[str, str]:
    """Canonical column -> header of the file, best likeness first, each header once."""
    pairs = []
    for column in contract.columns:
        words = [plain(w) for w in (column.name.replace("_", " "), column.name_zh, *column.aliases)]
        for name in filter(None, names):
            last = plain(name.split("/")[-1])
            hit = process.extractOne(last, words, scorer=fuzz.ratio)
            if hit and hit[1] >= SURE:
                pairs.append((hit[1], column.required, column.name, name))
    found: dict[str, str] = {}
    for _, _, column_name, name in sorted(pairs, key=lambda p: (-p[0], not p[1], p[2])):
        if column_name not in found and name not in found.values():
            found[column_name] = name
    return found


def _score(names: list[str], contract: Contract) -> float:
    found = match_columns(names, contract)
    required = {c.name for c in contract.columns if c.required}
    return len(found) + 2 * len(required & found.keys()) - len(required - found.keys())


def _encoding(path: Path) -> str:
    with path.open("rb") as source:
        head = source.read(256 * 1024)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # not merely cut in the middle of a character
            for encoding in ("gb18030", "big5"):
                try:
                    head[:-4].decode(encoding)
                except UnicodeDecodeError:
                    continue
                return encoding
            best = from_bytes(head).best()
            return best.encoding if best else "gb18030"
    return "utf-8"


def _regularity(text: str, delimiter: str) -> float:
    counts = [line.count(delimiter) for line in text.splitlines()[:60] if line.strip()]
    most = max(set(counts), key=lambda n: (counts.count(n), n), default=0)
    return most * counts.count(most)


def _decimal_comma(body: list[list[str]]) -> bool:
    cells = [cell for row in body for cell in row]
    # three digits behind a single comma are thousands as likely as a fraction: they tell nothing
    comma = sum(bool(re.fullmatch(r"-?\d+(\.\d{3})*,(\d{1,2}|\d{4})", c)) for c in cells)
    point = sum(bool(re.fullmatch(r"-?\d+(,\d{3})*\.(\d{1,2}|\d{4})", c)) for c in cells)
    return comma > point


def _name_pattern(name: str) -> str:
    match = _MONTH.search(name)
    if not match:
        return re.escape(name)
    between = re.escape(name[match.end(1) : match.start(2)])
    return (
        re.escape(name[: match.start()])
        + rf"(?P<period>\d{{4}}{between}\d{{2}})"
        + re.escape(name[match.end() :])
    )
