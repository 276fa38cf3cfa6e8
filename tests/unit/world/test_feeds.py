"""A plain reader that knows nothing but `feed.yml` finds the true lines in the dealers' files."""

import csv
import io
import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import yaml
from chip_channel.world import WorldFiles
from chip_channel.world.shapes import SHAPES
from chip_channel.world.shapes_channel import VENDOR_SHAPE

NUMBERS = {"qty", "resale_price", "book_cost", "unit_price", "price", "min_resale", "max_resale",
           "qty_cap", "list_price", "spq", "moq", "value", "credit_limit", "claim_qty",
           "basis_price", "contract_price", "claim_amount", "credit_price"}  # fmt: skip
DATES = {"invoice_date", "ship_date", "as_of", "received_date", "valid_from", "valid_to", "period",
         "launch_date", "pcn_date", "last_buy", "last_ship", "onboarding_date", "claim_date",
         "week", "submitted_on"}  # fmt: skip


def _rows(path: Path, report: dict) -> list[tuple[int, list[str]]]:
    if report["kind"] == "excel":
        sheet = openpyxl.load_workbook(path)[report["sheet"]]
        found = []
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            found.append((number, ["" if c is None else str(c) for c in row]))
        return found
    text = path.read_bytes().decode(report["encoding"]).removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=report["delimiter"])
    found, start = [], 1
    for record in reader:
        found.append((start, record))
        start = reader.line_num + 1
    return found


def _headers(report: dict) -> set[str]:
    sources = report["columns"].values()
    named = {s for s in sources if isinstance(s, str)}
    return named | {s["from"] for s in sources if isinstance(s, dict) and "from" in s}


def _names(rows: list[tuple[int, list[str]]], at: int, depth: int) -> list[str]:
    below = rows[at + depth - 1][1]
    if depth == 1:
        return below
    above, last = [], ""
    for cell in rows[at][1]:
        last = cell or last
        above.append(last)
    return [f"{a}/{b}" for a, b in zip(above, below, strict=True)]


def _value(name: str, source: str | dict, cells: dict[str, str], row_no: int) -> str:
    if isinstance(source, str):
        return cells[source]
    if "const" in source:
        return str(source["const"])
    if "row" in source:
        return str(row_no)
    if "map" in source:
        return source["map"].get(cells[source["from"]], "!")
    text = cells[source["from"]]
    return next((v for p, v in source["match"].items() if re.match(p, text)), source["default"])


def _number(text: str, decimal: str) -> str:
    sign = "-" if text.startswith(("(", "-")) else ""
    text = text.strip("()-").replace("." if decimal == "," else ",", "").replace(",", ".")
    number = Decimal(sign + text)
    return f"{number.normalize():f}" if number else "0"


def _day(text: str, formats: list[str]) -> str:
    if re.fullmatch(r"\d{5}", text):
        return str(date(1899, 12, 30) + timedelta(days=int(text)))
    text = text.removesuffix(" 00:00:00")
    for form in [*formats, "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日"]:
        try:
            return str(datetime.strptime(text, form).date())  # noqa: DTZ007
        except ValueError:
            continue
    return "!"


def read(path: Path, report: dict, rejected: set[int]) -> list[dict[str, str]]:
    """The lines of a file as `feed.yml` says, without those at the rows `rejected`."""
    rows, depth, wanted = _rows(path, report), report.get("header_rows", 1), _headers(report)
    at = next(i for i in range(len(rows) - depth + 1) if wanted <= set(_names(rows, i, depth)))
    names = _names(rows, at, depth)
    found = []
    for row_no, record in rows[at + depth :]:
        subtotal = any(c.startswith(tuple(report.get("subtotal", ()))) for c in record)
        if row_no in rejected or subtotal:
            continue
        assert len(record) == len(names)
        cells = {n: unicodedata.normalize("NFKC", c) for n, c in zip(names, record, strict=True)}
        line = {"row_no": str(row_no)}
        for name, source in report["columns"].items():
            text = _value(name, source, cells, row_no)
            if text and name in NUMBERS:
                text = _number(text, report.get("decimal", "."))
            elif text and name in DATES:
                text = _day(text, report.get("dates", []))
            line[name] = text
        found.append(line)
    return found


def _feed(root: Path, dealer_id: str) -> dict:
    return yaml.safe_load((root / f"feeds/{dealer_id}/feed.yml").read_text(encoding="utf-8"))


def as_raw_holds_it(line: dict[str, str]) -> dict[str, str]:
    """Lists joined with |, no line break inside a name."""
    lists = {"regions", "industries", "aliases"}
    return {
        name: value.replace("\n", " ").replace(";", "|" if name in lists else ";")
        for name, value in line.items()
    }


@pytest.mark.parametrize(
    ("dealer_id", "report"),
    [
        (dealer_id, report)
        for dealer_id, shape in {**SHAPES, "vendor": VENDOR_SHAPE}.items()
        for report in shape.reports
    ],
)
def test_a_sample_reads_as_expected(root: Path, dealer_id: str, report: str) -> None:
    rules = _feed(root, dealer_id)["reports"][report]
    samples = [
        p
        for p in (root / f"feeds/{dealer_id}/samples").iterdir()
        if re.fullmatch(rules["file_name"], p.name)
    ]
    assert len(samples) == 1
    path = samples[0]
    with Path(f"{path}.issues.csv").open(encoding="utf-8", newline="") as file:
        issues = list(csv.DictReader(file))
    with Path(f"{path}.expected.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    assert len(issues) >= 2
    assert len(expected) >= (6 if report in {"claim", "complaint"} else 10)
    found = read(path, rules, {int(i["row_no"]) for i in issues})
    assert [as_raw_holds_it(line) for line in found] == expected


@pytest.mark.parametrize("report", ["pos", "stock"])
def test_all_files_together_hold_the_truth(wide: WorldFiles, root: Path, report: str) -> None:
    """Pieces, prices and keys of every line, after restatements, deltas and resends."""
    planted: dict[str, set[int]] = {}
    for p in wide.planted:
        planted.setdefault(str(p["path"]), set()).add(int(str(p["row_no"])))
    spq = dict(wide.truth["product"].select("mpn", "spq").iter_rows())
    spelled = {
        alias: mpn
        for mpn, aliases in wide.truth["product"].select("mpn", "aliases").iter_rows()
        for alias in [mpn, *aliases.split(";")]
    }
    key = ["invoice_no", "line_no", "type"] if report == "pos" else [
        "location_id", "mpn", "status", "ownership", "as_of",
    ]  # fmt: skip
    current: dict[tuple, dict[tuple, dict]] = {}
    for r in wide.records:  # in order of arrival
        if r.report != report or r.fatal_code:
            continue
        rules = _feed(root, r.dealer_id)["reports"][report]
        lines = read(wide.directory / "files" / r.path, rules, planted.get(r.path, set()))
        slot = current.setdefault((r.dealer_id, r.period_start), {})
        if r.mode == "full":
            slot.clear()
        for line in lines:
            line["mpn"] = spelled[line["mpn"]]
            slot[tuple(line[k] for k in key)] = line
    read_back = {}
    for (dealer_id, _), lines_by_key in current.items():
        feed = _feed(root, dealer_id)
        for k, line in lines_by_key.items():
            factor = {"pcs": 1, "kpcs": 1000, "reel": spq[line["mpn"]]}[feed["uom"]]
            tax = Decimal("1.13") if feed["tax_basis"] == "incl" else 1
            price = line.get("resale_price") or line.get("book_cost")
            read_back[(dealer_id, *k)] = (
                Decimal(line["qty"]) * factor,
                Decimal(price) / factor / tax if price else None,
            )
    name = "resale_price" if report == "pos" else "book_cost"
    true = {
        (row["dealer_id"], *(str(row[k]) for k in key)): (row["qty"], row[name])
        for row in wide.truth[report].iter_rows(named=True)
    }
    assert len(true) > 3000
    assert read_back == true
