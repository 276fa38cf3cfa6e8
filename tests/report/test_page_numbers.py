"""The pages are there, and their numbers are what the files and the published tables say."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from chip_channel.cli import app
from chip_channel.intake.codes import codes
from chip_channel.report import page as pages
from chip_channel.report.findings import KINDS, findings
from chip_channel.report.page import write_report
from chip_channel.report.sections import SECTIONS
from chip_channel.warehouse import connect
from support.page import Page
from typer.testing import CliRunner

from tests.report.conftest import IMAGE, Published, change

DEALERS = {"shenda", "hongyuan", "yunfan"}


def rows(query: str) -> list[tuple]:
    """Rows as a reader sees them."""
    with connect("bi_reader") as connection:
        return connection.execute(query).fetchall()


def truth(published: Published, name: str) -> pl.DataFrame:
    """A table of the truth."""
    return pl.read_parquet(Path(published.made.directory) / "truth" / f"{name}.parquet")


def test_before_the_first_publication_the_page_says_so(published: Published) -> None:
    assert "Nothing is published yet" in published.before.text("overview")
    assert "needs 13 month-ends" in published.before.text("tile-turnover")


def test_both_pages_are_written_whole_readable_and_small(published: Published) -> None:
    folder = published.home / "report"
    assert sorted(p.name for p in folder.iterdir()) == ["index.html", "quality.html"]
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o777 == 0o644
        assert path.stat().st_size < 3_000_000
    assert published.index.source.count("vegaEmbed=") == 1  # the libraries stand in it once


def test_a_page_that_cannot_be_written_leaves_the_old_one(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = published.home / "report" / "index.html"
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(pages.os, "fdopen", full)
    with pytest.raises(OSError, match="No space left"):
        write_report()
    assert path.read_bytes() == before
    assert sorted(p.name for p in path.parent.iterdir()) == ["index.html", "quality.html"]


def test_every_section_is_on_the_page_in_order_and_in_both_languages(published: Published) -> None:
    page = published.index
    found = [s.attributes["id"] for s in page.root.all("section")]
    assert found == [s.name for s in SECTIONS]
    for section in SECTIONS:
        assert section.title.en in page.text(section.name)
        assert f'lang="zh-Hans">{section.title.zh}<' in page.source


@pytest.mark.parametrize("table", ["matrix-pos", "matrix-stock", "by-dealer"])
def test_every_published_dealer_is_in_the_table(published: Published, table: str) -> None:
    found = {row[0].split()[0] for row in published.index.table(table)}
    assert found - {"vendor"} == DEALERS
    assert {r[0] for r in rows("select distinct dealer_id from publish.fct_pos")} == DEALERS


def test_lines_on_the_tile_are_those_of_the_files(published: Published) -> None:
    good = [r for r in published.made.records if r.fatal_code is None and r.duplicate_of is None]
    held = sum(p["code"] == "E_MPN_UNKNOWN" for p in published.made.planted)
    held += truth(published, "logistics_fault").height
    text = published.index.text("tile-lines")
    assert f"Lines accepted {sum(r.accepted for r in good):,} " in text
    assert f" {sum(r.quarantined for r in good):,} quarantined" in text
    ((published_held,),) = rows("select count(*) from publish.mart_held_line")
    assert f" {published_held} held" in text
    assert 0 < published_held <= held


def test_weeks_of_supply_are_those_of_the_true_stock_and_sales(published: Published) -> None:
    stock, pos = truth(published, "stock"), truth(published, "pos")
    on_hand = sold = 0
    for (dealer,), counted in stock.group_by("dealer_id"):
        as_of: date = counted["as_of"].max()  # type: ignore[assignment]
        here = counted.filter(
            (pl.col("as_of") == as_of)
            & (pl.col("ownership").fill_null("owned") == "owned")
            & (pl.col("status").fill_null("available") != "in_transit")
        )
        on_hand += here["qty"].sum()
        sold += pos.filter(
            (pl.col("dealer_id") == dealer)
            & pl.col("invoice_date").is_between(as_of - timedelta(days=90), as_of)
        )["qty"].sum()
    assert f"Weeks of supply {on_hand / (sold / 13):.1f} weeks" in published.index.text(
        "tile-weeks"
    )


def test_reports_on_time_are_those_that_the_mart_holds_against_nobody(published: Published) -> None:
    ((expected, in_time),) = rows(
        "select count(*), count(*) filter (where timeliness = 1) from publish.mart_report_quality "
        "where slice = (select max(slice) from publish.mart_report_quality)"
    )
    assert f"{in_time} of {expected}" in published.index.text("tile-on-time")


@pytest.mark.parametrize("report", ["pos", "stock"])
def test_the_matrix_shows_what_the_mart_says_of_each_month(
    published: Published, report: str
) -> None:
    found = {row[0].split()[0]: row[1:] for row in published.index.table(f"matrix-{report}")}
    wanted: dict[str, list[str]] = {}
    for dealer, came, late in rows(
        "select dealer_id, reported_on is not null, business_days_late from "
        f"publish.mart_report_quality where report = '{report}' order by dealer_id, slice"
    ):
        wanted.setdefault(dealer, []).append("✗" if not came else f"+{late}" if late else "✓")
    assert found == wanted


def test_every_refused_file_is_listed_with_its_code_and_what_to_do(published: Published) -> None:
    found = {(row[1].split()[0], row[2]): row for row in published.index.table("refused")}
    refused = [
        (r.dealer_id, r.path.rsplit("/", 1)[1], r.fatal_code or "F_DUP_FILE")
        for r in published.made.records
        if r.fatal_code or r.duplicate_of
    ]
    wanted = [*refused, ("shenda", f"{IMAGE}.csv", "F_DEALER")]
    assert set(found) == {(dealer, file) for dealer, file, _ in wanted}
    for dealer, file, code in wanted:
        row = found[dealer, file]
        assert code in row[3]
        assert codes()[code]["en"] in row[3]
        assert row[4] == codes()[code]["advice"]


def test_lines_by_reason_are_the_planted_ones(published: Published) -> None:
    found = {row[0].split()[-1]: int(row[2].replace(",", ""))
             for row in published.index.table("lines-by-reason") if row[1] == "quarantined"}  # fmt: skip
    wanted: dict[str, int] = {}
    for planted in published.made.planted:
        if planted["code"] != "E_MPN_UNKNOWN":
            wanted[str(planted["code"])] = wanted.get(str(planted["code"]), 0) + 1
    assert found == wanted


def test_parts_that_run_out_are_found_by_another_reckoning(published: Published) -> None:
    parts = {row[1].removesuffix(IMAGE): row for row in published.index.table("running-out")}
    for part, row in parts.items():
        dealer, on_hand, weekly = row[0], *(float(v.replace(",", "")) for v in (row[3], row[5]))
        ((counted,),) = rows(
            "select coalesce(sum(on_hand_qty), 0) from publish.fct_inventory_daily where "
            f"dealer_id = '{dealer}' and product_id like '%|{part}' and as_of = (select max(as_of) "
            f"from publish.fct_inventory_daily where dealer_id = '{dealer}')"
        )
        assert on_hand == float(counted)
        assert row[6] == f"{(on_hand + float(row[4].replace(',', ''))) / weekly:.1f}" or weekly < 10
    assert parts


def test_what_needs_more_history_is_explained(published: Published) -> None:
    text = published.index.text("inventory")
    assert "Turnover needs 13 month-ends" in text
    assert "Dead stock needs 180 days of POS" in text
    assert "No gap above tolerance" in published.index.text("rollforward")


def test_gaps_are_shown_with_their_numbers_and_become_a_finding(published: Published) -> None:
    change(
        "update marts.fct_inventory_rollforward set gap_qty = 12345, status = 'warn', "
        "closing_qty = calculated_qty + 12345 where dealer_id = 'hongyuan' and slice = "
        "(select max(slice) from marts.fct_inventory_rollforward) and gap_qty is not null"
    )
    change("update marts.mart_report_quality set reported_on = null, business_days_late = 0 where "
           "dealer_id = 'yunfan' and report = 'pos' and slice = (select max(slice) "
           "from marts.mart_report_quality)")  # fmt: skip
    try:
        page = Page.read(write_report())
        gaps = page.table("gaps")
        assert gaps
        assert {(row[0], row[9]) for row in gaps} == {("hongyuan", "12,345")}
        for row in gaps:
            opening, receipts, pos, returns, calculated = (
                int(v.replace(",", "")) for v in row[3:8]
            )
            assert calculated == opening + receipts - pos + returns
        told = {f.kind: f for f in findings()}
        assert told["gap"].subject == "hongyuan"
        assert "is missing; it was due on" in told["late_report"].text
        assert told["gap"].text in page.text("urgent")
    finally:
        change("update marts.fct_inventory_rollforward set gap_qty = 0, status = 'ok', "
               "closing_qty = calculated_qty where status = 'warn'")  # fmt: skip
        change(
            "update marts.mart_report_quality set reported_on = due_date where reported_on is null"
        )
        write_report()


def test_findings_begin_with_the_worst_of_each_kind(published: Published) -> None:
    found = findings()
    first = [f.kind for f in found[: len({f.kind for f in found})]]
    assert first == [k for k in KINDS if k in {f.kind for f in found}]
    assert all(f.text and f.text_zh for f in found)


def test_the_command_writes_the_pages_and_prints_where(published: Published) -> None:
    done = CliRunner().invoke(app, ["report"])
    assert done.exit_code == 0, done.output
    assert done.output.strip() == str(published.home / "report" / "index.html")
