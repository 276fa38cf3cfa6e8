"""The channel section says what is published, and nothing of what is withheld."""

from collections.abc import Iterator
from datetime import date

import pytest
from chip_channel.report.findings import findings
from chip_channel.report.page import write_report
from chip_channel.report.queries import demand
from chip_channel.report.sections.channel import heat, tree
from chip_channel.report.words import LEGS, PARTS, number, percent, short, signed
from support.page import Page

from tests.report.conftest import IMAGE, SCRIPT, Published, Seen, change
from tests.report.test_page_numbers import rows

NEWEST = "(select max(slice) from publish.mart_channel_health)"
SECRET = 918273645
"""A figure that no honest row has."""


@pytest.fixture(scope="module")
def suspected(published: Published) -> Iterator[Page]:
    """A page with a suspicion of 9 lines by a hostile customer, and withheld cells that hold a figure."""
    ((submission,),) = rows(
        "select min(submission_id) from publish.fct_pos where dealer_id = 'shenda'"
    )
    ((slice_, dealer, product, region),) = rows(
        "select slice, dealer_id, product_id, coalesce(ship_to_region, '*') from publish.fct_pos "
        f"where submission_id = {submission} order by row_no limit 1"
    )
    change(
        "insert into marts.fct_diversion_evidence (batch_id, slice, signal, report, submission_id, row_no, "
        "dealer_id, product_id, region, customer, qty, amount_vendor, detail) "
        "select (select batch_id from ctl.published_slice where mart = 'fct_diversion_evidence' "
        "and slice = %s), %s, 'outside_region', 'pos', %s, row_no, %s, %s, %s, %s, 10 * place, "
        "100 * place, 'not authorised' from (select row_no, row_number() over (order by row_no) as place "
        "from publish.fct_pos where submission_id = %s order by row_no limit 9) as p",
        slice_, slice_, submission, dealer, product, region, IMAGE, submission,
    )  # fmt: skip
    change(
        "insert into marts.mart_diversion (batch_id, slice, dealer_id, product_id, region, policy_version, "
        "score, level, signals, evidence_lines, evidence_qty, evidence_amount_vendor, other_dealer_id, "
        "complaints, open_complaints, upheld_complaints) select (select batch_id from "
        "ctl.published_slice where mart = 'mart_diversion' and slice = %s), %s, %s, %s, %s, 1, 0.55, "
        "'suspect', 'outside_region', 9, 450, 4500, 'hongyuan', 1, 1, 0",
        slice_, slice_, dealer, product, region,
    )  # fmt: skip
    change(
        "update marts.mart_demand_heat set qty = %s, demand_index = 54321.5, growth = 7654.321 "
        "where is_suppressed", SECRET,
    )  # fmt: skip
    yield Page.read(write_report())
    change("delete from marts.mart_diversion where evidence_amount_vendor = 4500")
    change("delete from marts.fct_diversion_evidence where customer = %s", IMAGE)
    change(
        "update marts.mart_demand_heat set qty = null, demand_index = null, growth = null "
        "where is_suppressed"
    )


def test_the_scorecard_is_that_of_the_newest_month(published: Published) -> None:
    wanted = {
        dealer: (number(100 * score, 1), level.replace("_", " "), moved, change_)
        for dealer, score, level, moved, change_ in rows(
            "select dealer_id, score, level, moved_by, score_change from publish.mart_channel_health "
            f"where slice = {NEWEST}"
        )
    }
    found = {row[0].split()[0]: row for row in published.index.table("scorecard")}
    assert wanted
    assert set(found) == set(wanted)
    for dealer, (score, level, moved, change_) in wanted.items():
        assert found[dealer][1] == f"{score} {level}"
        assert found[dealer][2].startswith(signed(None if change_ is None else 100 * change_))
        assert moved is None or PARTS[moved].en in found[dealer][2]


def test_the_parts_of_a_score_add_up_on_the_page(published: Published) -> None:
    for row in published.index.table("scorecard"):
        given = [cell.split()[-1] for cell in row[3:10]]
        assert sum(float(v) for v in given if v != "–") == pytest.approx(
            float(row[1].split()[0]), abs=0.4
        )


def test_structure_orders_and_prices_are_those_of_the_marts(published: Published) -> None:
    page = published.index
    assert [row[:4] for row in page.table("structure")] == [
        [f"{slice_:%Y-%m}", *(percent(s) for s in shares)]
        for slice_, *shares in rows(
            "select slice, direct_share, core_share, sub_share from publish.mart_channel_structure "
            "order by slice desc"
        )
    ]
    assert [(row[0], row[1], row[2]) for row in page.table("order-months")] == [
        (f"{slice_:%Y-%m}", f"{lines:,}", number(hours, 1))
        for slice_, lines, hours in rows(
            "select slice, count(*), avg(accepted_hours) from publish.mart_order_sla group by slice "
            "order by slice desc limit 18"
        )
    ]
    assert {row[0].split()[0]: [row[i] for i in (2, 4, 5, 7, 9)] for row in page.table("price-checks")} == {
        dealer: [f"{v:,}" for v in counts]
        for dealer, *counts in rows(
            "select dealer_id, sum(sale_lines), sum(below_lines), sum(above_lines), "
            "sum(below_cost_lines), sum(spa_misuse_lines) from publish.mart_price_check group by 1"
        )
    }  # fmt: skip


def test_legs_are_those_of_the_mart_and_green_where_nothing_is_unmatched(
    published: Published,
) -> None:
    wanted = {
        LEGS[leg].en: (f"{left or 0:,.0f}", lines, f"{amount:,.0f}")
        for leg, left, lines, amount in rows(
            "select leg, sum(left_amount_vendor), sum(unmatched_lines), sum(unmatched_amount_vendor) "
            "from publish.mart_reconciliation where slice > (select max(slice) - interval '3 months' "
            "from publish.mart_reconciliation) group by leg"
        )
    }
    found = {row[0]: row for row in published.index.table("legs")}
    assert wanted
    assert wanted.keys() <= found.keys()
    for leg, (left, lines, amount) in wanted.items():
        assert found[leg][3] == left
        assert found[leg][7] == (
            f"{amount} {lines} line{'' if lines == 1 else 's'}" if lines else "0"
        )


def test_a_withheld_figure_is_nowhere_in_the_page(suspected: Page) -> None:
    ((withheld,),) = rows("select count(*) from publish.mart_demand_heat where is_suppressed")
    assert withheld
    for figure in (f"{SECRET}", f"{SECRET:,}", short(SECRET), "54321", "54,32", "7654", "765,432"):
        assert figure not in suspected.source
    assert "withheld: too few dealers" in suspected.text("channel-demand")


def test_the_map_shows_what_may_be_shown(published: Published) -> None:
    weeks = [date(2026, 1, 5), date(2026, 1, 12)]
    place = {"country": "CN", "industry": "all", "family": "all", "region": "all"}
    cell = {"cell_level": "area", **place, "area": "east", "dealers": 3, "demand_index": None}
    lines = tree(
        [{**cell, "week": weeks[0], "is_suppressed": False, "qty": 1500},
         {**cell, "week": weeks[1], "is_suppressed": True, "qty": None}],
        weeks,
    )  # fmt: skip
    assert [(r["name"], r["depth"], r["path"]) for r in lines] == [("east", 1, "CN › east")]
    assert lines[0]["newest"]["week"] == weeks[0]
    assert [heat(v) for v in (None, 60, 100, 500)] == ["h", "h0", "h3", "h6"]
    assert [short(v) for v in (7, 1234, 469879, 1_250_000)] == ["7", "1.2k", "470k", "1.2M"]
    assert demand.LEVELS[0] == "country"


def test_a_suspicion_shows_its_largest_lines_and_says_that_it_is_no_verdict(
    suspected: Page,
) -> None:
    text = suspected.text("suspects")
    assert "sold outside its regions" in text
    assert "1, open then 1" in text
    assert "seems to be of hongyuan" in text
    assert IMAGE in text
    assert "And 3 more lines." in text
    ((invoice, line),) = rows(
        "select invoice_no, line_no from publish.fct_pos p join publish.fct_diversion_evidence e "
        "using (submission_id, row_no) where e.amount_vendor = 900 and e.detail = 'not authorised'"
    )
    assert f"{invoice}/{line}" in text
    lead = suspected.text("channel-suspicions")
    assert "never a verdict" in lead
    assert "contest" in lead


def test_overdue_orders_and_dealers_at_risk_become_findings(published: Published) -> None:
    change("update marts.mart_channel_health set level = 'at_risk', score = 0.41 "
           "where dealer_id = 'yunfan' and slice = (select max(slice) from marts.mart_channel_health)")  # fmt: skip
    change("update marts.mart_order_sla set state = 'overdue', backlog_amount_vendor = 777 "
           "where (dealer_id, order_no, line_no) = (select dealer_id, order_no, line_no "
           "from marts.mart_order_sla where dealer_id = 'shenda' limit 1)")  # fmt: skip
    told = {(f.kind, f.subject): f.text for f in findings()}
    assert "its score of" in told["at_risk", "yunfan"]
    assert "41 of 100" in told["at_risk", "yunfan"]
    assert "overdue order line" in told["overdue", "shenda"]


def test_the_section_opens_without_complaint_and_evidence_unfolds(
    suspected: Page, published: Published, seen: Seen
) -> None:
    path = published.home / "report" / "index.html"
    seen.open(path)
    suspicion = seen.page.locator("#suspects details.suspicion", has_text="And 3 more lines.")
    assert not suspicion.locator("table.evidence").is_visible()
    suspicion.locator("summary").click()
    assert suspicion.locator("table.evidence tbody tr").count() == 6
    assert suspicion.locator("table.evidence").is_visible()
    assert suspicion.locator("img").count() == 0
    assert SCRIPT in suspicion.inner_text()
    assert seen.page.evaluate("window.hacked") is None
    assert seen.page.locator("#channel svg").count() >= 3
    assert seen.complaints == []
    assert seen.requests == [path.as_uri()]
