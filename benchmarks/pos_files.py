"""POS files of mixed shapes with known lines, and the same lines clean; vectorised and seeded."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import yaml

COLUMNS = ("invoice_no", "line_no", "type", "invoice_date", "ship_date", "maker", "mpn", "qty",
           "resale_price", "book_cost", "sold_to", "end_customer", "ship_to_country",
           "ship_to_region")  # fmt: skip
CHINESE = ("发票号", "行号", "类型", "发票日期", "发货日期", "品牌", "型号", "数量", "单价", "成本价",
           "客户", "终端客户", "国家", "省份")  # fmt: skip
BAD = 0.002
"""Share of lines that are spoilt: a quantity that is no number, a missing customer."""


@dataclass(frozen=True)
class Shape:
    """How one dealer writes."""

    dealer: str
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    date: str = "%Y-%m-%d"
    chinese: bool = False
    quoted: bool = False


SHAPES = (
    Shape("plain"),
    Shape("chinese", encoding="gb18030", date="%Y/%m/%d", chinese=True),
    Shape("tabs", delimiter="\t", date="%Y%m%d"),
    Shape("comma", delimiter=";", decimal=",", date="%d.%m.%Y"),
    Shape("wide", delimiter="\t", encoding="utf-16"),
    Shape("quoted", quoted=True),
    Shape("bom", encoding="utf-8-sig", chinese=True),
    Shape("pipes", delimiter="|"),
)


def lines(count: int, seed: int = 1, start: int = 0) -> pl.DataFrame:
    """`count` canonical lines as text, COLUMNS; all good."""
    rng = np.random.default_rng(seed)
    n = np.arange(start, start + count)
    customers = np.array([f"CUST{i:05d}" for i in range(3000)])
    parts = np.array([f"AX{i:04d}-SOT{i % 23}" for i in range(900)])
    days = np.array(
        [(dt.date(2026, 3, 1) + dt.timedelta(days=int(d))).isoformat() for d in range(31)]
    )
    day = days[rng.integers(0, 31, count)]
    price = rng.integers(100, 99_999, count)
    frame = pl.DataFrame({
        "n": n, "day": day, "mpn": parts[rng.integers(0, 900, count)],
        "qty": rng.integers(1, 20_000, count), "price": price, "cost": price * 8 // 10 + 1,
        "sold_to": customers[rng.integers(0, 3000, count)],
    })  # fmt: skip
    money = [
        (pl.col(c) // 10_000).cast(pl.String)
        + "."
        + (pl.col(c) % 10_000).cast(pl.String).str.zfill(4)
        for c in ("price", "cost")
    ]
    return frame.select(
        invoice_no=pl.lit("IV") + (pl.col("n") // 4).cast(pl.String).str.zfill(9),
        line_no=(pl.col("n") % 4 + 1).cast(pl.String), type=pl.lit("sale"),
        invoice_date=pl.col("day"), ship_date=pl.col("day"), maker=pl.lit("ACME"),
        mpn=pl.col("mpn"), qty=pl.col("qty").cast(pl.String), resale_price=money[0],
        book_cost=money[1], sold_to=pl.col("sold_to"), end_customer=pl.col("sold_to"),
        ship_to_country=pl.lit("CN"), ship_to_region=pl.lit("CN-GD"),
    )  # fmt: skip


def write_files(folder: Path, count: int, files: int, first: int = 0) -> int:
    """Write `files` dirty files below `folder`, `count` lines in all; how many lines are bad.

    `first`: the number of the first file; files of other numbers hold other lines.
    """
    bad = 0
    per_file = count // files
    for i in range(first, first + files):
        shape = SHAPES[i % len(SHAPES)]
        frame = lines(per_file, seed=i, start=i * per_file)
        spoilt = np.random.default_rng(10_000 + i).random(per_file) < BAD
        bad += int(spoilt.sum())
        write_file(folder / shape.dealer / f"pos_202603_{i:03d}.csv", frame, shape, spoilt)
    return bad


def write_file(
    path: Path, frame: pl.DataFrame, shape: Shape, spoilt: np.ndarray | None = None
) -> None:
    """One file in a dealer's shape."""
    if spoilt is not None:
        mask = pl.Series(spoilt)
        half = pl.Series(np.arange(frame.height) % 2 == 0)
        frame = frame.with_columns(
            pl.when(mask & half).then(pl.lit("n/a")).otherwise(pl.col("qty")).alias("qty"),
            pl.when(mask & ~half).then(pl.lit("")).otherwise(pl.col("sold_to")).alias("sold_to"),
        )
    for name in ("invoice_date", "ship_date"):
        frame = frame.with_columns(pl.col(name).str.to_date().dt.strftime(shape.date))
    if shape.decimal == ",":
        frame = frame.with_columns(
            pl.col("resale_price", "book_cost").str.replace(".", ",", literal=True)
        )
    if shape.chinese:
        frame = frame.with_columns(type=pl.lit("销售"), sold_to=pl.when(pl.col("sold_to") == "").then(
            pl.lit("")).otherwise("示例客户" + pl.col("sold_to")))  # fmt: skip
        frame.columns = list(CHINESE)
    text = frame.write_csv(
        separator=shape.delimiter, quote_style="always" if shape.quoted else "never"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(shape.encoding))


def write_feeds(folder: Path) -> None:
    """A feed file for every shape."""
    for shape in SHAPES:
        names = CHINESE if shape.chinese else COLUMNS
        columns: dict[str, object] = dict(zip(COLUMNS, names, strict=True))
        if shape.chinese:
            columns["type"] = {"from": "类型", "map": {"销售": "sale", "退货": "return"}}
        report = {
            "file_name": r"pos_(?P<period>\d{6})_\w+\.csv", "kind": "delimited",
            "encoding": "utf-8" if shape.encoding == "utf-8-sig" else shape.encoding,
            "delimiter": shape.delimiter, "decimal": shape.decimal, "dates": [shape.date],
            "period": "month", "columns": columns,
        }  # fmt: skip
        feed = {"dealer_id": shape.dealer, "time_zone": "Asia/Shanghai", "currency": "CNY",
                "tax_basis": "excl", "uom": "pcs", "reports": {"pos": report}}  # fmt: skip
        path = folder / shape.dealer / "feed.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(feed, allow_unicode=True, sort_keys=False))
