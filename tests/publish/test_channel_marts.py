"""Orders, logistics, reconciliation, tiers and diversion say what was true in the sample world."""

from datetime import date

import polars as pl
import pytest
from chip_channel.world import WorldFiles
from support.published import rows, truth

pytestmark = pytest.mark.usefixtures("published")


def test_order_lines_stand_as_they_were(published: WorldFiles) -> None:
    true = truth(published, "order_line").filter(~pl.col("cancelled"))
    wanted = {(r["dealer_id"], r["order_no"], r["line_no"]): r for r in true.iter_rows(named=True)}
    found = rows(
        "select dealer_id, order_no, line_no, qty, accepted_hours, promise_slip_days, backlog_qty, "
        "on_time_in_full from publish.mart_order_sla"
    )
    assert {row[:3] for row in found} <= set(wanted)
    judged = 0
    for dealer, order, line, qty, hours, slip, backlog, on_time in found:
        was = wanted[dealer, order, line]
        assert qty == was["qty"]
        assert (backlog > 0) == was["backlog"]
        if hours is not None:
            assert float(hours) == pytest.approx(was["accept_hours"], abs=0.02)
            assert slip == was["slip_days"]
        if on_time is not None and was["on_time"] is not None:
            judged += 1
            assert on_time == was["on_time"], (dealer, order, line)
        elif was["on_time"] is None:  # it has not come by the last day of the world
            assert not on_time
    assert judged > 100


def test_every_order_of_a_published_month_is_there(published: WorldFiles) -> None:
    known = truth(published, "orders").filter(pl.col("order_date") >= date(2025, 8, 1))
    wanted = set(known.select("dealer_code", "order_no", "line_no").iter_rows())
    found = set(rows("select dealer_id, order_no, line_no from publish.fct_order "
                     "where order_date >= '2025-08-01'"))  # fmt: skip
    assert found == wanted


def test_planted_logistics_faults_are_held_and_no_others(published: WorldFiles) -> None:
    codes = {"signed_twice": "E_SIGNED_TWICE", "before_order": "E_EVENT_ORDER"}
    faults = truth(published, "logistics_fault")
    wanted = sorted(codes[fault] for fault in faults["fault"])
    found = sorted(
        row[0]
        for row in rows("select code from publish.mart_held_line where report = 'logistics_event'")
    )
    assert found == wanted
    held = set(faults["event_id"])
    assert not held & {row[0] for row in rows("select event_id from publish.fct_logistics_event")}


def test_what_went_back_to_the_vendor_closes_the_roll_forward(published: WorldFiles) -> None:
    true = truth(published, "return")
    wanted = sorted(
        (r["dealer_code"], r["rma_no"], int(r["qty"])) for r in true.iter_rows(named=True)
    )
    found = sorted(
        (dealer, rma, int(qty))
        for dealer, rma, qty in rows("select dealer_id, rma_no, qty from publish.fct_return")
    )
    assert found == wanted != []
    gaps = rows(
        "select dealer_id, product_id, slice, gap_qty from publish.fct_inventory_rollforward "
        "where gap_qty <> 0"
    )
    assert gaps == []


def test_each_claim_fault_is_rejected_or_cut(published: WorldFiles) -> None:
    reasons = {"spa_unknown": "spa_unknown", "other_customer": "spa_other_customer",
               "above_sold": "over_sale", "over_balance": "over_spa_balance"}  # fmt: skip
    found = {
        (dealer, claim, line): (status, reason)
        for dealer, claim, line, status, reason in rows(
            "select dealer_id, claim_no, line_no, status, reason from publish.mart_debit_claim"
        )
    }
    planted = set()
    for fault in truth(published, "claim_fault").iter_rows(named=True):
        key = (fault["dealer_id"], fault["claim_no"], fault["line_no"])
        if fault["fault"] in reasons:
            planted.add(key)
            assert found[key][0] != "approved"
            assert found[key][1] == reasons[fault["fault"]]
    assert planted
    assert {key for key, (status, _) in found.items() if status != "approved"} == planted


def test_differences_add_up_to_each_gap(published: WorldFiles) -> None:
    wrong = rows(
        "select m.dealer_id, m.slice, m.leg from publish.mart_reconciliation m join ("
        "select dealer_id, slice, leg, sum(gap_amount_vendor) as gap, sum(left_amount_vendor) as l, "
        "sum(right_amount_vendor) as r from publish.fct_reconciliation group by 1, 2, 3) f "
        "using (dealer_id, slice, leg) where m.gap_amount_vendor <> f.gap or m.gap_amount_vendor <> f.l - f.r"
    )
    assert wrong == []
    # what was shipped and received is the whole of what the vendor reported
    (whole,) = rows(
        "select sum(left_amount_vendor) - (select sum(amount_vendor) from publish.fct_sell_in) "
        "from publish.mart_reconciliation where leg = 'shipment_receipt'"
    )
    assert whole == (0,)
    legs = dict(
        rows("select leg, sum(unmatched_lines) from publish.mart_reconciliation group by 1")
    )
    assert legs["shipment_order"] == 0
    assert legs["receipt_stock"] == 0  # the world plants no gap but returns
    assert legs["sale_claim"] == len(
        truth(published, "claim_fault").filter(pl.col("fault") != "reversed")
    )


def test_tiers_follow_the_assessments(published: WorldFiles) -> None:
    for row in truth(published, "certification").iter_rows(named=True):
        score = 0.5 * row["technical"] + 0.2 * row["capital"] + 0.3 * row["focus"]
        names = {85: "platinum", 70: "gold", 55: "silver", 0: "none"}
        tier = next(name for least, name in names.items() if score >= least)
        found = rows(
            "select distinct rule_tier, tier from publish.mart_tier "
            f"where dealer_id = '{row['dealer_code']}' and slice >= '2025-08-01'"
        )
        assert found == [(tier, row["override_tier"] or tier)]


def test_planted_diversion_is_found_with_its_lines(published: WorldFiles) -> None:
    cases = truth(published, "diversion").filter(
        pl.col("suspicious")
        & (pl.col("report") == "pos")
        # four months of a customer are needed to say what is usual
        & (pl.col("signal") != "above_usual")
    )
    shown = set(rows(
        "select e.signal, p.dealer_id, p.invoice_no, p.line_no from publish.fct_diversion_evidence e "
        "join publish.fct_pos p using (submission_id, row_no) where e.report = 'pos'"
    ))  # fmt: skip
    for case_id, lines in cases.group_by("case_id"):
        wanted = set(lines.select("signal", "dealer_id", "invoice_no", "line_no").iter_rows())
        assert wanted & shown, case_id
    planted = set(cases.select("dealer_id", "invoice_no", "line_no").iter_rows())
    flagged = set(rows(
        "select p.dealer_id, p.invoice_no, p.line_no from publish.fct_diversion_evidence e "
        "join publish.fct_pos p using (submission_id, row_no) "
        "join publish.mart_diversion d on d.slice = e.slice and d.dealer_id = e.dealer_id "
        "and d.product_id = e.product_id and d.region = coalesce(e.region, '*') "
        "where e.report = 'pos' and d.level = 'suspect'"
    ))  # fmt: skip
    assert flagged <= planted


def test_the_scorecard_is_made_of_what_the_marts_say(published: WorldFiles) -> None:
    found = rows("select slice, dealer_id, report_quality, diversion_score from publish.mart_channel_health "
                 "where slice >= '2025-08-01'")  # fmt: skip
    assert len(found) == 9
    for month, dealer, quality, suspicion in found:
        ((score,),) = rows("select round(avg(score), 6) from publish.mart_report_quality "
                           f"where dealer_id = '{dealer}' and slice = '{month}'")  # fmt: skip
        assert quality == score
        ((most,),) = rows("select coalesce(max(score), 0) from publish.mart_diversion "
                          f"where dealer_id = '{dealer}' and slice = '{month}'")  # fmt: skip
        assert suspicion == most
