"""Every blocking check can fail, blocks when it does, and readers keep what they had."""

from typing import Any

import pytest
from chip_channel.publish.publish import NotPublishableError, publish
from chip_channel.quality.gate import run
from chip_channel.quality.gates import CANDIDATE, GateBlockedError, check_marts
from chip_channel.quality.suite import datasets, suite
from chip_channel.warehouse import connect

pytestmark = pytest.mark.usefixtures("published")

# mart, check, what breaks it (on rows of batch 0, a copy of the published one)
BREAKS = [
    ("fct_pos", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_pos", "rate_above_zero", "update {t} set fx_rate = 0 where batch_id = 0"),
    ("fct_pos", "sign_follows_type", "update {t} set qty = -qty where batch_id = 0"),
    ("fct_pos", "amount_is_quantity_times_price", "update {t} set amount = amount + 1 where batch_id = 0"),
    ("fct_pos", "no_price_far_from_the_part", "update {t} set resale_price = resale_price * 1000, amount = amount * 1000 where batch_id = 0 and ctid = (select min(ctid) from {t} where batch_id = 0 and resale_price > 0)"),
    ("fct_sell_in", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_sell_in", "quantity_above_zero", "update {t} set qty = -1 where batch_id = 0"),
    ("fct_sell_in", "received_after_shipped", "update {t} set received_date = ship_date - 1 where batch_id = 0"),
    ("fct_inventory_daily", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_inventory_daily", "stock_not_negative", "update {t} set on_hand_qty = -1 where batch_id = 0"),
    ("fct_inventory_daily", "ages_add_up", "update {t} set age_0_30_qty = age_0_30_qty + 1 where batch_id = 0"),
    ("fct_inventory_rollforward", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_inventory_rollforward", "calculated_follows", "update {t} set calculated_qty = calculated_qty + 1 where batch_id = 0"),
    ("fct_inventory_rollforward", "gaps_are_small", "update {t} set gap_qty = throughput_qty + 1 where batch_id = 0"),
    ("mart_inventory_health", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_inventory_health", "turnover_not_negative", "update {t} set turnover = -1 where batch_id = 0"),
    ("mart_inventory_health", "dead_share_is_a_share", "update {t} set dead_share = 2 where batch_id = 0"),
    ("mart_inventory_health", "a_reason_where_no_number", "update {t} set turnover = null, turnover_reason = null where batch_id = 0"),
    ("mart_report_quality", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_report_quality", "timeliness_is_a_share", "update {t} set timeliness = 2 where batch_id = 0"),
    ("mart_report_quality", "completeness_is_a_share", "update {t} set completeness = 2 where batch_id = 0"),
    ("mart_report_quality", "accuracy_is_a_share", "update {t} set accuracy = 2 where batch_id = 0"),
    ("mart_report_quality", "consistency_is_a_share", "update {t} set consistency = 2 where batch_id = 0"),
    ("mart_report_quality", "score_is_a_share", "update {t} set score = 2 where batch_id = 0"),
    ("mart_held_line", "few_lines_held", "update {t} set submission_id = (select min(submission_id) from ctl.submission where status = 'accepted' and lines_accepted < 20) where batch_id = 0"),
    ("dim_dealer", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("dim_dealer", "parents_exist", "update {t} set parent = 'nobody' where batch_id = 0"),
    ("dim_product", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("dim_product", "spq_above_zero", "update {t} set spq = 0 where batch_id = 0"),
    ("dim_product", "one_current_version", "update {t} set is_current = false where batch_id = 0"),
    ("mart_rebate_statement", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_rebate_statement", "ineligible_is_zero", "update {t} set ineligible_reason = 'report_quality', amount = 1 where batch_id = 0"),
    ("mart_rebate_statement", "amount_is_earned", "update {t} set amount = amount + 1000 where batch_id = 0"),
    ("mart_rebate_statement", "measure_given", "update {t} set evaluated = null where batch_id = 0"),
    ("fct_rebate_line", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_rebate_line", "share_becomes_cents", "update {t} set amount = share + 1 where batch_id = 0"),
    ("mart_rebate_accrual", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_rebate_accrual", "accrued_adds_up", "update {t} set accrued = accrued + 1 where batch_id = 0"),
    ("mart_demand_heat", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_demand_heat", "suppressed_tells_nothing", "update {t} set qty = 1 where batch_id = 0 and is_suppressed"),
    ("mart_demand_heat", "shown_is_of_three_dealers", "update {t} set dealers = 2 where batch_id = 0 and not is_suppressed"),
    ("mart_demand_heat", "shown_below_shown", "update {t} set is_suppressed = false, dealers = 3 where batch_id = 0 and cell_level = 'region'"),
    ("mart_price_check", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_price_check", "parts_are_in_the_whole", "update {t} set below_lines = sale_lines + 1 where batch_id = 0"),
    ("mart_channel_structure", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_channel_structure", "roles_add_up", "update {t} set core_amount_vendor = core_amount_vendor + 1 where batch_id = 0"),
    ("mart_channel_structure", "levels_add_up", "update {t} set level_2_amount_vendor = level_2_amount_vendor + 1 where batch_id = 0"),
    ("mart_channel_structure", "concentration_is_possible", "update {t} set dealer_hhi = 10001 where batch_id = 0"),
    ("mart_channel_structure", "coverage_is_a_share", "update {t} set region_coverage = 1.1 where batch_id = 0"),
    ("mart_channel_structure", "dealers_have_master_data", "update {t} set unknown_amount_vendor = 1, core_amount_vendor = core_amount_vendor - 1, level_1_amount_vendor = level_1_amount_vendor - 1 where batch_id = 0"),
    # the small world has no settlement, claim, price drop or price finding when it is published
    ("mart_rebate_true_up", "grain_holds", "insert into {t} (batch_id, slice, statement_id, cause) select 0, date '2025-07-01', 'a', 'late' from generate_series(1, 2)"),
    ("mart_debit_claim", "grain_holds", "insert into {t} (batch_id, slice, submission_id, row_no) select 0, date '2025-07-01', 1, 2 from generate_series(1, 2)"),
    ("mart_debit_claim", "no_over_payment", "insert into {t} (batch_id, slice, submission_id, row_no, claim_amount, approved_amount) select 0, date '2025-07-01', 1, 2, 1, 5"),
    ("mart_debit_claim", "balance_not_overdrawn", "insert into {t} (batch_id, slice, submission_id, row_no, approved_qty, spa_balance) select 0, date '2025-07-01', 1, 2, 1, -1"),
    ("mart_price_protection", "grain_holds", "insert into {t} (batch_id, slice, doc_no, line_no, dealer_id) select 0, date '2025-07-01', 'a', '1', 'x' from generate_series(1, 2)"),
    ("fct_order", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_order", "quantity_above_zero", "update {t} set qty = 0 where batch_id = 0"),
    ("fct_order", "accepted_after_entered", "update {t} set accepted_at = entered_at - interval '1 hour' where batch_id = 0"),
    ("fct_logistics_event", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_logistics_event", "one_signature", "update {t} set event_code = 'signed', shipment_no = 'S' where batch_id = 0"),
    ("fct_return", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_return", "quantity_above_zero", "update {t} set qty = 0 where batch_id = 0"),
    ("fct_certification", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_certification", "scores_from_0_to_100", "update {t} set focus = 101 where batch_id = 0"),
    ("fct_certification", "override_with_reason", "update {t} set override_tier = 'gold', override_reason = null where batch_id = 0"),
    ("fct_enablement_event", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_enablement_event", "reply_after_opening", "update {t} set first_reply_at = opened_at - interval '1 hour' where batch_id = 0"),
    ("fct_quality_feedback", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_quality_feedback", "no_more_failed_than_inspected", "update {t} set qty_failed = qty_inspected + 1 where batch_id = 0"),
    ("fct_complaint", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_complaint", "closed_after_opening", "update {t} set closed_on = opened_on - 1 where batch_id = 0"),
    ("fct_dealer_forecast", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_dealer_forecast", "not_negative", "update {t} set qty = -1 where batch_id = 0"),
    ("mart_tier", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_tier", "known_tier", "update {t} set tier = 'diamond' where batch_id = 0"),
    ("mart_tier", "override_with_reason", "update {t} set tier = 'gold', rule_tier = 'none', override_reason = null where batch_id = 0"),
    ("mart_price_corridor", "grain_holds", "insert into {t} (batch_id, slice, submission_id, row_no, is_below_cost) select 0, date '2025-07-01', 1, 2, true from generate_series(1, 2)"),
    ("mart_price_corridor", "a_finding_for_each", "insert into {t} (batch_id, slice, submission_id, row_no, is_below_cost) select 0, date '2025-07-01', 1, 2, false"),
    ("mart_price_corridor", "side_follows_the_price", "insert into {t} (batch_id, slice, submission_id, row_no, is_below_cost, resale_price_vendor, min_resale_vendor, corridor_side) select 0, date '2025-07-01', 1, 2, true, 9, 8, 'below'"),
    ("mart_price_corridor", "few_far_below", "insert into {t} (batch_id, slice, submission_id, row_no, is_below_cost, resale_price_vendor, min_resale_vendor, corridor_side, deviation) select 0, date '2025-07-01', 1, 2, false, 3, 8, 'below', -0.625"),
    ("fct_customer_month", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_customer_month", "cost_with_its_money", "update {t} set costed_amount_vendor = null, cost_amount_vendor = 1 where batch_id = 0"),
    ("fct_diversion_evidence", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_diversion_evidence", "known_signal", "update {t} set signal = 'other' where batch_id = 0"),
    ("mart_diversion", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_diversion", "score_is_a_share", "update {t} set score = 2 where batch_id = 0"),
    ("mart_diversion", "evidence_for_each", "update {t} set evidence_lines = 0 where batch_id = 0"),
    ("mart_diversion", "few_suspected", "update {t} set level = 'suspect' where batch_id = 0"),
    ("mart_order_sla", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_order_sla", "no_more_than_ordered", "update {t} set shipped_qty = qty + 1 where batch_id = 0"),
    ("mart_order_sla", "hours_not_negative", "update {t} set accepted_hours = -1 where batch_id = 0"),
    ("fct_reconciliation", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("fct_reconciliation", "matched_has_no_gap", "update {t} set gap_amount_vendor = 1, difference = 'matched' where batch_id = 0"),
    ("mart_reconciliation", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_reconciliation", "sums_to_the_gap", "update {t} set gap_amount_vendor = gap_amount_vendor + 1 where batch_id = 0"),
    ("mart_channel_health", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_channel_health", "score_is_a_share", "update {t} set score = 2 where batch_id = 0"),
    ("mart_channel_health", "parts_add_up", "update {t} set from_turnover = from_turnover + 0.5 where batch_id = 0"),
    ("mart_quality_feedback", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_quality_feedback", "failed_within_inspected", "update {t} set qty_failed = qty_inspected + 1 where batch_id = 0"),
    ("mart_quality_feedback", "rate_in_its_interval", "update {t} set failure_rate = failure_rate_high + 0.1 where batch_id = 0"),
    ("mart_quality_feedback", "attention_follows", "update {t} set needs_attention = true, base_rate_high = 1 where batch_id = 0"),
    ("mart_enablement", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_enablement", "rates_are_shares", "update {t} set win_share = 2 where batch_id = 0"),
    ("mart_enablement", "parts_are_in_the_whole", "update {t} set repurchased_customers = judged_customers + 1 where batch_id = 0"),
    ("mart_enablement", "hours_not_negative", "update {t} set reply_hours_median = -1 where batch_id = 0"),
    ("mart_enablement_effect", "grain_holds", "insert into {t} select * from {t} where batch_id = 0 limit 1"),
    ("mart_enablement_effect", "called_association", "update {t} set relation = 'effect' where batch_id = 0"),
    ("mart_enablement_effect", "difference_in_its_interval", "update {t} set difference_low = difference + 1 where batch_id = 0"),
    ("mart_enablement_effect", "difference_of_the_means", "update {t} set mean_with = mean_with + 1 where batch_id = 0"),
]  # fmt: skip
GUARDED_BY_THE_TABLE = {
    ("fct_pos", "product_resolved"), ("mart_held_line", "a_reason_for_each"),
}  # fmt: skip
"""Checks on columns that the table itself keeps from being null."""


@pytest.fixture
def copied(request: pytest.FixtureRequest) -> Any:
    """The published rows of a mart once more, as batch 0."""
    mart = request.param
    with connect() as connection:
        columns = [
            r[0]
            for r in connection.execute(
                "select attname::text from pg_attribute where attrelid = %s::regclass "
                "and attnum > 0 and not attisdropped and attname <> 'batch_id'",
                (f"marts.{mart}",),
            )
        ]
        names = ", ".join(columns)
        connection.execute(f"alter table marts.{mart} disable trigger all")
        connection.execute(
            f"insert into marts.{mart} (batch_id, {names}) select 0, {names} from marts.{mart} "
            "where batch_id = (select max(batch_id) from ctl.publication)"
        )
        indexes = connection.execute(
            "select indexdef, indexrelid::regclass::text from pg_index join pg_indexes on "
            "indexname = (indexrelid::regclass::text) or schemaname || '.' || indexname = "
            "indexrelid::regclass::text where indrelid = %s::regclass and indisunique",
            (f"marts.{mart}",),
        ).fetchall()
        for _, index in indexes:
            connection.execute(f"drop index {index}")
    yield mart
    with connect() as connection:
        connection.execute(f"delete from marts.{mart} where batch_id = 0")
        for definition, _ in indexes:
            connection.execute(definition)


def check(mart: str) -> Any:
    """Gate 2 on batch 0."""
    checks = suite("marts", mart)
    assert checks is not None
    with connect("transform") as connection:
        return run(checks, f"select * from marts.{mart} where batch_id = 0", connection)


@pytest.mark.parametrize(
    ("copied", "name", "breaking"),
    [pytest.param(m, n, b, id=f"{m}: {n}") for m, n, b in BREAKS],
    indirect=["copied"],
)
def test_a_check_finds_what_it_is_for(copied: str, name: str, breaking: str) -> None:
    assert check(copied).outcome == "passed"
    with connect() as connection:
        connection.execute(breaking.replace("{t}", f"marts.{copied}"))
    result = check(copied)
    found = {c.name: c for c in result.checks}[name]
    assert not found.passed
    assert found.failing_rows > 0
    assert found.failures
    assert result.outcome == ("blocked" if found.blocks else "warned")


def test_every_check_of_gate_2_is_proven_to_fail() -> None:
    proven = {(m, n) for m, n, _ in BREAKS} | GUARDED_BY_THE_TABLE
    named = {
        (mart, e["meta"]["name"])
        for mart in datasets("marts")
        for e in suite("marts", mart).expectations  # type: ignore[union-attr]
    }
    assert named == proven


@pytest.mark.parametrize("mart", datasets("publish", "publication"))
def test_an_empty_mart_is_never_published(mart: str) -> None:
    checks = suite("publish", mart)
    assert checks is not None
    query = CANDIDATE.replace("{mart}", mart).replace("{batch}", "0") + " limit 0"
    with connect("publisher") as connection:
        result = run(checks, query, connection)
    assert result.outcome == "blocked"
    assert "not_empty" in result.reasons


def test_a_blocked_gate_leaves_the_last_publication_and_says_why() -> None:
    with connect() as connection:
        connection.execute(
            "insert into ctl.batch (known_at, kind, status) values (now(), 'publication', 'built')"
        )
        (batch,) = connection.execute("select max(batch_id) from ctl.batch").fetchone()  # type: ignore[misc]
        before = connection.execute("select * from ctl.published_slice order by 1, 2").fetchall()
        connection.execute(
            "insert into marts.fct_sell_in select (r).* from (select jsonb_populate_record("
            "null::marts.fct_sell_in, to_jsonb(s) || jsonb_build_object('batch_id', %s::bigint, "
            "'qty', -5)) as r from marts.fct_sell_in s limit 3) x",
            (batch,),
        )
    with pytest.raises(GateBlockedError, match="quantity_above_zero"):
        check_marts(batch)
    with pytest.raises(NotPublishableError, match="blocked"):
        publish(batch)
    with connect() as connection:
        assert (
            connection.execute("select * from ctl.published_slice order by 1, 2").fetchall()
            == before
        )
        status = connection.execute(
            "select status, reason from ctl.batch where batch_id = %s", (batch,)
        ).fetchone()
        keys = connection.execute(
            "select f.failing_key from ctl.gate_failure f join ctl.gate_run r using (gate_run_id) "
            "where r.batch_id = %s and f.check_name = 'quantity_above_zero'",
            (batch,),
        ).fetchall()
        alerts = connection.execute(
            "select severity, subject from ctl.outbox where kind = 'gate_failed'"
        ).fetchall()
        connection.execute("delete from marts.fct_sell_in where batch_id = %s", (batch,))
    assert status[0] == "blocked"
    assert "quantity_above_zero" in status[1]
    assert len(keys) == 3
    assert {"submission_id", "row_no"} <= set(keys[0][0])
    assert alerts == [("critical", alerts[0][1])]
