"""What the world planted in the channel is found: who was helped, what it is worth, which lot is bad."""

from decimal import Decimal

import pytest
from chip_channel.world import WorldFiles
from support.published import rows, truth

pytestmark = pytest.mark.usefixtures("published")


def test_the_interval_of_the_matched_difference_covers_what_was_planted(
    published: WorldFiles,
) -> None:
    (points,) = truth(published, "support")["margin_points"].unique()
    found = rows(
        "select relation, strata, matched_with, difference, difference_low, difference_high "
        "from publish.mart_enablement_effect "
        "where measure = 'margin_points' and slice = '2025-10-01'"
    )
    ((relation, strata, matched, difference, low, high),) = found
    assert relation == "association"
    assert matched >= strata > 10
    assert low < points < high
    assert difference > 0


def test_no_contact_is_seen_before_the_first_one(published: WorldFiles) -> None:
    helped = truth(published, "support")
    bought = rows(
        "select dealer_id, customer, slice from publish.fct_customer_month "
        "where costed_amount_vendor > 0 group by 1, 2, 3"
    )
    since = {(r["dealer_id"], r["end_customer"]): r["first_contact"] for r in helped.to_dicts()}
    wanted: dict[str, set[str]] = {}
    for dealer, customer, month in bought:
        contact = since.get((dealer, customer))
        if contact is not None and contact < month:
            wanted.setdefault(dealer, set()).add(customer)
    found = dict(
        rows(
            "select dealer_id, customers_with from publish.mart_enablement "
            "where slice = '2025-10-01' and customers_with > 0"
        )
    )
    assert found == {dealer: len(customers) for dealer, customers in wanted.items()}


def test_events_are_counted_as_they_happened(published: WorldFiles) -> None:
    true = truth(published, "enablement_event").group_by("kind").len()
    wanted = dict(zip(true["kind"], true["len"], strict=True))
    (found,) = rows(
        "select sum(doc_views), sum(case_uses), sum(trainings), sum(fae_tickets) "
        "from publish.mart_enablement where slice = '2025-10-01'"
    )
    kinds = ("doc_view", "case_use", "training", "fae_ticket")
    assert dict(zip(kinds, found, strict=True)) == wanted


def test_nobody_is_judged_before_180_days_are_over() -> None:
    assert rows(
        "select sum(judged_customers), count(repurchase_rate) from publish.mart_enablement"
    ) == [(0, 0)]


def test_lots_that_need_attention_are_bad_ones(published: WorldFiles) -> None:
    bad = truth(published, "bad_lot")
    ours = {r["lot"]: r for r in bad.to_dicts()}
    found = rows(
        "select lot, failure_rate, reported_by, shipped_to, base_of from publish.mart_quality_feedback "
        "where slice = '2025-10-01' and needs_attention"
    )
    assert found
    for lot, rate, reported_by, shipped_to, _ in found:
        assert rate > Decimal("0.02")
        assert set(reported_by.split(", ")) <= set(ours[lot]["sold_by"].split(";"))
        assert shipped_to == ours[lot]["shipped_to"]


def test_every_bad_lot_with_others_of_its_part_needs_attention(published: WorldFiles) -> None:
    bad = set(truth(published, "bad_lot")["lot"])
    judged = rows(
        "select lot, needs_attention from publish.mart_quality_feedback "
        "where slice = '2025-10-01' and base_of = 'part' and reports > 1"
    )
    assert {lot for lot, attention in judged if attention} == bad & {lot for lot, _ in judged}


def test_a_lot_sold_where_it_never_came_turned_up_elsewhere(published: WorldFiles) -> None:
    seen = dict(
        rows(
            "select lot, turned_up_elsewhere from publish.mart_quality_feedback "
            "where slice = '2025-10-01'"
        )
    )
    evidence = {
        detail.removeprefix("lot ")
        for (detail,) in rows(
            "select distinct detail from publish.fct_diversion_evidence where signal = 'lot_elsewhere'"
        )
    }
    assert {lot for lot, elsewhere in seen.items() if elsewhere} == evidence & set(seen)
