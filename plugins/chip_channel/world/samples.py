"""The dealers' feeds: `feed.yml` from the table of shapes, and a sample of each report with its
right reading, from the truth and never from a pipeline.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import polars as pl

from chip_channel.world import dirt, lines
from chip_channel.world.channel import TOLD_AGAIN, channel
from chip_channel.world.compose import donors_of, sheet_of
from chip_channel.world.flows import Flows
from chip_channel.world.instants import Document
from chip_channel.world.render import render
from chip_channel.world.shape import DealerShape, ReportShape
from chip_channel.world.shapes import SHAPES
from chip_channel.world.shapes_channel import VENDOR_SHAPE, VENDOR_SPEC
from chip_channel.world.simulate import simulate
from chip_channel.world.spec import TAX_PERCENT, VENDOR, DealerSpec, WorldSpec

ZONES = {"CN": "Asia/Shanghai", "SG": "Asia/Singapore", "DE": "Europe/Berlin"}
MONTH = 1  # the samples' month: late enough for returns
# A sample shows lines of every value of these columns.
VARIETY = {"pos": ("type", "spa_no"), "stock": ("status", "ownership", "location_id")}
PLAIN_SCALAR = re.compile(r"(?!-|\d+$)[\w\-][\w .\-/()]*(?<! )")


def write_feeds(directory: Path) -> None:
    """Write `<directory>/<dealer_id>/feed.yml` and `samples/` for all dealers and the vendor."""
    flows = simulate(WorldSpec(months=MONTH + 2))
    all_reports = channel(flows, lines.choose_spas(flows))
    many_claims = channel(flows, lines.choose_spas(flows, 40))
    for i, dealer in enumerate(flows.spec.dealers):
        write_feed(directory, dealer, SHAPES[dealer.dealer_id])
        for k, report in enumerate(SHAPES[dealer.dealer_id].reports):
            source = many_claims if report == "claim" else all_reports
            frame = source.dealers[i][report]
            chosen = _choose(report, frame.filter(pl.col("month") == MONTH))
            name = (
                SHAPES[dealer.dealer_id]
                .reports[report]
                .file_name(f"{flows.spec.month_start(MONTH):%Y%m}")
            )
            _write_sample(directory, flows, dealer, report, chosen, name=name, turn=2 * i + k)
    write_feed(directory, VENDOR_SPEC, VENDOR_SHAPE)
    for report, issued in all_reports.vendor.items():
        stem, chosen = _vendor_lines(report, issued)
        _write_sample(directory, flows, VENDOR_SPEC, report, chosen, name=f"{stem}.csv", turn=0)


def _vendor_lines(report: str, issued: list[Document]) -> tuple[str, pl.DataFrame]:
    """Some lines of one document, or of several where one holds few."""
    if report in {"product", "dealer", "price", "market_index"}:
        stem, _, frame = issued[0]
        return stem, frame.tail(14) if report == "market_index" else frame.head(14)
    stem, _, frame = issued[min(MONTH, len(issued) - 1)]
    if len(frame) < 14:
        frame = pl.concat([frame for _, _, frame in issued])
        frame = frame.unique(TOLD_AGAIN.get(report), keep="last", maintain_order=True)
    return stem, frame.head(14)


def _choose(report: str, frame: pl.DataFrame) -> pl.DataFrame:
    """A dozen lines and more that show what there is, in the order of the file."""
    frame = frame.with_row_index("at")
    keep = set(frame.filter(donors_of(report, frame))["at"].head(10))
    for column in VARIETY.get(report, ()):
        for group in frame.filter(pl.col(column).is_not_null()).partition_by(column):
            keep |= set(group["at"].head(2))
    # A line break in a customer's name is worth showing where there are any.
    if "sold_to" in frame.columns:
        keep |= set(frame.filter(pl.col("sold_to").str.contains("\n"))["at"].head(2))
    return frame.filter(pl.col("at").is_in(sorted(keep))).drop("at")


def _write_sample(
    directory: Path,
    flows: Flows,
    dealer: DealerSpec,
    report: str,
    frame: pl.DataFrame,
    *,
    name: str,
    turn: int,
) -> None:
    """One sample with three planted errors; `turn` walks through the codes from file to file."""
    shape = VENDOR_SHAPE if dealer.dealer_id == VENDOR else SHAPES[dealer.dealer_id]
    columns = shape.reports[report]
    choices = [e for e in dirt.possible(report, columns, shape.style) if e[0] not in dirt.ACCEPTED]
    errors = [choices[(3 * turn + k) % len(choices)] for k in range(min(3, len(choices)))]
    written = list(columns.columns)
    cells = render(frame, written, dealer, flows.catalogue, style=shape.style, words=columns.words)
    sheet = sheet_of(
        flows, dealer, shape, report, frame, cells=cells, errors=errors,
        first_day=flows.spec.month_start(MONTH),
        rng=flows.spec.rng("sample", dealer.dealer_id, report),
    )  # fmt: skip
    mapped = [c for c in frame.columns if c in columns.reported]
    expected = render(frame, mapped, dealer, flows.catalogue)
    if columns.row_numbers:
        expected = expected.with_columns(line_no=pl.Series(sheet.row_no).cast(pl.String))
    expected = _canonical(expected)
    expected.insert_column(0, pl.Series("row_no", sheet.row_no))
    folder = directory / dealer.dealer_id / "samples"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(sheet.data)
    _write_csv(folder / f"{name}.expected.csv", expected.columns, expected.rows())
    _write_csv(folder / f"{name}.issues.csv", ["row_no", "code", "field"], sorted(sheet.planted))


def _canonical(frame: pl.DataFrame) -> pl.DataFrame:
    """The values as raw holds them: lists joined with |, no line break inside a name."""
    lists = [c for c in ("regions", "industries", "aliases") if c in frame.columns]
    return frame.with_columns(
        pl.col(pl.String).str.replace_all("\n", " ", literal=True)
    ).with_columns(pl.col(lists).str.replace_all(";", "|", literal=True))


def _write_csv(path: Path, header: list[str], rows: list[tuple]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode())


def write_feed(directory: Path, dealer: DealerSpec, shape: DealerShape) -> None:
    """Write one `feed.yml`."""
    out = [
        f"dealer_id: {dealer.dealer_id}",
        f"time_zone: {ZONES[dealer.country]}",
        f"currency: {dealer.currency}",
        f"tax_basis: {'incl' if dealer.tax_incl else 'excl'}",
        *([f"tax_rate: 0.{TAX_PERCENT}"] if dealer.tax_incl else []),
        f"uom: {dealer.uom}",
        "reports:",
    ]
    for report, columns in shape.reports.items():
        out += [f"  {report}:", *(f"    {line}" for line in _report_lines(shape, columns))]
    path = directory / dealer.dealer_id / "feed.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(out) + "\n", encoding="utf-8")


def _report_lines(shape: DealerShape, columns: ReportShape) -> list[str]:
    style = shape.style
    out = [f"file_name: {_scalar(columns.pattern(), quote=True)}", f"kind: {style.kind}"]
    if style.kind == "excel":
        out.append(f"sheet: {_scalar(columns.sheet)}")
        out += ["header_rows: 2"] if columns.groups else []
    else:
        delimiter = '"\\t"' if style.delimiter == "\t" else f"'{style.delimiter}'"
        out += [f"encoding: {style.encoding}", f"delimiter: {delimiter}"]
    out += ["decimal: ','"] if style.decimal == "," else []
    out += ["dates: ['%d.%m.%Y']"] if style.date == "dotted" else []
    out += [f"tax_basis: {columns.tax_basis}"] if columns.tax_basis else []
    out += [f"mode: {columns.mode}", f"period: {columns.period}"]
    out += [f"subtotal: [{columns.subtotal}]"] if columns.subtotal else []
    out += [f"control_total: {columns.control}"] if columns.control else []
    out += ["duplicates: exact_line"] if columns.row_numbers else []
    out.append("columns:")
    return out + [f"  {name}: {source}" for name, source in _sources(columns)]


def _sources(columns: ReportShape) -> list[tuple[str, str]]:
    """Canonical column and where it comes from, as YAML."""
    out = []
    for name, own in columns.columns.items():
        header = _scalar(f"{columns.groups[own]}/{own}" if columns.groups else own)
        words = columns.words.get(name)
        if words:
            pairs = ", ".join(f"{_scalar(w)}: {c}" for c, w in words.items())
            header = f"{{from: {header}, map: {{{pairs}}}}}"
        out.append((name, header))
    if columns.row_numbers:
        out.append(("line_no", "{row: true}"))
    if columns.type_prefixes:
        pairs = ", ".join(f"'{p}': {kind}" for p, kind in columns.type_prefixes.items())
        source = _scalar(columns.columns["invoice_no"])
        out.append(("type", f"{{from: {source}, match: {{{pairs}}}, default: sale}}"))
    out += [(name, f"{{const: {value}}}") for name, value in columns.const.items()]
    return out


def _scalar(text: str, quote: bool = False) -> str:
    if not quote and PLAIN_SCALAR.fullmatch(text):
        return text
    return "'" + text.replace("'", "''") + "'"
