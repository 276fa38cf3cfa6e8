"""The files hold what the truth says of them."""

import hashlib
import re
from collections import Counter
from datetime import UTC
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from chip_channel.world import WorldFiles, WorldSpec, write_world
from chip_channel.world.dirt import ERRORS
from chip_channel.world.shapes import SHAPES
from chip_channel.world.shapes_channel import VENDOR_SHAPE
from world_reading import records, table


def _digests(directory: Path) -> dict[str, tuple[str, float]]:
    return {
        str(p.relative_to(directory)): (
            hashlib.sha256(p.read_bytes()).hexdigest(),
            p.stat().st_mtime if "files" in p.parts else 0,
        )
        for p in sorted(directory.rglob("*"))
        if p.is_file()
    }


def test_the_same_spec_gives_the_same_bytes(small: WorldFiles, tmp_path: Path) -> None:
    again = write_world(WorldSpec.small(), tmp_path)
    assert len(again.records) > 30
    assert _digests(tmp_path) == _digests(small.directory)


def test_another_seed_gives_another_world(small: WorldFiles, tmp_path: Path) -> None:
    spec = WorldSpec.small()
    other = write_world(WorldSpec(**{**vars(spec), "seed": spec.seed + 1}), tmp_path)
    assert not other.truth["pos"].equals(small.truth["pos"])


def test_a_file_is_as_old_as_its_arrival(small: WorldFiles) -> None:
    for record in small.records:
        path = small.directory / "files" / record.path
        assert path.stat().st_mtime == record.received_at.replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize("world", ["small", "wide"])
def test_every_record_of_a_file_is_counted_once(world: str, request: pytest.FixtureRequest) -> None:
    files: WorldFiles = request.getfixturevalue(world)
    for record in files.records:
        if record.fatal_code == "F_UNREADABLE":
            continue
        found = records(files.directory / "files" / record.path, record.dealer_id)
        assert len(found) == record.lines, record.path
        if record.fatal_code is None:
            assert record.accepted + record.quarantined + record.skipped == record.lines


def test_accepted_lines_are_the_true_lines(wide: WorldFiles) -> None:
    unknown = Counter(p["path"] for p in wide.planted if p["code"] == "E_MPN_UNKNOWN")
    for report in ("pos", "stock"):
        got: Counter[str] = Counter()
        for r in wide.records:
            if r.report == report and r.superseded != r.accepted:
                got[r.dealer_id] += r.accepted - r.superseded - unknown[r.path]
        true = dict(wide.truth[report].group_by("dealer_id").len().iter_rows())
        assert dict(got) == true


@pytest.mark.parametrize(
    "report",
    ["sell_in", "price", "market_index", "orders", "logistics_event", "return", "certification",
     "enablement_event", "quality_feedback", "complaint", "claim", "dealer_forecast"],
)  # fmt: skip
def test_deltas_come_to_the_last_word_on_each_line(wide: WorldFiles, report: str) -> None:
    sent = [r for r in wide.records if r.report == report]
    assert sum(r.accepted - r.superseded for r in sent) == len(wide.truth[report])


def test_planted_errors_are_where_they_are_said_to_be(wide: WorldFiles) -> None:
    seen = set()
    for r in wide.records:
        here = [p for p in wide.planted if p["path"] == r.path]
        if not here:
            continue
        rows = table(wide.directory / "files" / r.path, r.dealer_id, r.report)
        by_row = {int(row["row_no"]): row for row in rows}
        width = Counter(row["width"] for row in rows).most_common(1)[0][0]
        for p in here:
            assert _shows(p, by_row[int(str(p["row_no"]))], rows, width), p
            seen.add((r.report, p["code"]))
    planned = {(report, code) for report in ("pos", "stock") for code, _ in ERRORS[report]}
    assert planned == {found for found in seen if found[0] in {"pos", "stock"}}
    assert {report for report, _ in seen} >= {"orders", "logistics_event", "dealer_forecast"}


def _shows(
    planted: dict[str, object], row: dict[str, str], rows: list[dict[str, str]], width: str
) -> bool:
    """Whether the line at the stated place has the planted error."""
    value = row.get(str(planted["field"]), "")
    cells = {k: v for k, v in row.items() if k not in {"row_no", "width"}}
    same = [int(r["row_no"]) for r in rows if cells.items() <= r.items()]
    days = Counter(r.get(str(planted["field"])) for r in rows)
    return {
        "E_QTY_NUMBER": value == "12O0x",
        "E_PRICE_NUMBER": value == "TBD",
        "E_DATE": value == "2026-13-45",
        "E_DATE_PERIOD": value != "" and days[value] <= 2,  # a day that no good line has
        "E_QTY_SIGN": value[:1] in {"-", "("},
        "E_STOCK_NEG": value[:1] in {"-", "("},
        "E_CUST_MISSING": value == "",
        "E_SHIPTO_MISSING": value == "",
        "E_REQUIRED": value == "",
        "E_ENUM": value == "???",
        "E_MPN_UNKNOWN": value.startswith("ZZ"),
        "E_SCORE": value == "101",
        "E_CLAIM_AMOUNT": value == "987654.32",
        "E_WIDTH": int(row["width"]) == int(width) + 1,
        "E_DUP_LINE": min(same) < int(row["row_no"]),
    }[str(planted["code"])]


def test_full_width_prices_with_tax_are_the_true_prices(small: WorldFiles) -> None:
    path = next((small.directory / "files/2025-09/shenda").glob("*出货*"))
    truth = small.truth["pos"].filter(
        (pl.col("dealer_id") == "shenda") & (pl.col("period").dt.month() == 8)
    )
    sent = {(r["invoice_no"], r["line_no"], r["type"]): r for r in table(path, "shenda", "pos")}
    words = SHAPES["shenda"].reports["pos"].words["type"]
    assert len(truth) > 20
    for row in truth.iter_rows(named=True):
        line = sent[row["invoice_no"], row["line_no"], words[row["type"]]]
        assert Decimal(line["qty"].replace(",", "")) == row["qty"]
        assert Decimal(line["resale_price"]) == row["resale_price"] * Decimal("1.13")
        assert line["sold_to"] == row["sold_to"]


@pytest.mark.parametrize(("dealer_id", "unit"), [("yunfan", "kpcs"), ("lanjing", "reel")])
def test_other_units_are_pieces_in_the_truth(wide: WorldFiles, dealer_id: str, unit: str) -> None:
    folder = wide.directory / "files/2025-09" / dealer_id
    name = SHAPES[dealer_id].reports["pos"].file_name("202508")
    spq = dict(wide.truth["product"].select("mpn", "spq").iter_rows())
    truth = wide.truth["pos"].filter(
        (pl.col("dealer_id") == dealer_id) & (pl.col("period").dt.month() == 8)
    )
    sent = {(r["invoice_no"], r["line_no"]): r for r in table(folder / name, dealer_id, "pos")}
    assert len(truth) > 20
    for row in truth.filter(pl.col("type") == "sale").iter_rows(named=True):
        line = sent[row["invoice_no"], row["line_no"]]
        factor = 1000 if unit == "kpcs" else spq[row["mpn"]]
        assert Decimal(line["qty"]) * factor == row["qty"]
        assert Decimal(line["resale_price"]) == row["resale_price"] * factor


def test_control_totals_hold_but_in_the_file_that_is_to_fail(small: WorldFiles) -> None:
    states = []
    for r in small.records:
        if r.dealer_id != "hongyuan" or r.fatal_code == "F_UNREADABLE":
            continue
        if not SHAPES["hongyuan"].reports[r.report].control:
            continue
        path = small.directory / "files" / r.path
        column = list(SHAPES["hongyuan"].reports[r.report].columns).index("qty")
        last = records(path, "hongyuan")[-1][1]
        assert last[0] == "合计"
        lines = [row["qty"] for row in table(path, "hongyuan", r.report)]
        numbers = [Decimal(q) for q in lines if re.fullmatch(r"-?[\d.]+", q)]
        states.append(sum(numbers) == Decimal(last[column]))
        assert states[-1] == (r.fatal_code is None), r.path
    assert states.count(False) == 1


def test_each_fatal_file_is_followed_by_a_good_one(wide: WorldFiles) -> None:
    fatal = [r for r in wide.records if r.fatal_code and r.fatal_code != "F_DUP_FILE"]
    assert {r.fatal_code for r in fatal} == {"F_CONTROL_TOTAL", "F_UNREADABLE", "F_HEADER"}
    for bad in fatal:
        assert any(
            r.fatal_code is None
            and r.received_at > bad.received_at
            and (r.dealer_id, r.report, r.period_start)
            == (bad.dealer_id, bad.report, bad.period_start)
            for r in wide.records
        )


def test_a_repeated_file_has_the_same_bytes(wide: WorldFiles) -> None:
    repeated = [r for r in wide.records if r.duplicate_of]
    assert repeated
    for r in repeated:
        files = wide.directory / "files"
        assert (files / r.path).read_bytes() == (files / str(r.duplicate_of)).read_bytes()


def test_file_names_match_one_report_of_their_feed(wide: WorldFiles) -> None:
    for r in wide.records:
        shape = SHAPES.get(r.dealer_id, VENDOR_SHAPE)
        hits = [
            name
            for name, report in shape.reports.items()
            if re.fullmatch(report.pattern(), Path(r.path).name)
        ]
        assert hits == [r.report], r.path
