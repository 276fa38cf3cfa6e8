"""Orders, shipments, returns, claims and the rest agree with each other and with the truth."""

import polars as pl
import pytest
from chip_channel.world import WorldFiles, WorldSpec
from chip_channel.world.simulate import simulate

LINE = ["order_no", "mpn"]


def test_orders_are_what_was_shipped_and_what_is_still_to_come(wide: WorldFiles) -> None:
    orders, shipped = wide.truth["orders"], wide.truth["sell_in"]
    last = orders.sort("version").unique(["order_no", "line_no"], keep="last", maintain_order=True)
    assert orders.group_by("order_no", "line_no").agg(
        wrong=pl.col("version").sort() != pl.int_range(1, pl.len() + 1)
    ).select(pl.col("wrong").explode().any()).item() is False  # fmt: skip
    sent = shipped.group_by(LINE).agg(pl.col("qty").sum(), pl.col("ship_to_dealer").first())
    done = last.filter(pl.col("status") == "shipped")
    both = done.join(sent, on=LINE, suffix="_sent")
    assert len(both) == len(done) > 1000
    assert both.filter(
        (pl.col("qty") != pl.col("qty_sent")) | (pl.col("dealer_code") != pl.col("ship_to_dealer"))
    ).is_empty()
    backlog = last.filter(pl.col("status").is_in(["accepted", "entered"]))
    partly = sent.join(backlog, on=LINE, how="semi")
    assert len(sent) == len(done) + len(partly)
    assert len(backlog) == wide.truth["order_line"]["backlog"].sum() > 100
    assert last.filter(pl.col("status") == "cancelled").join(sent, on=LINE, how="semi").is_empty()


def test_orders_are_accepted_faster_and_mostly_kept(whole: WorldFiles) -> None:
    known, orders = whole.truth["order_line"], whole.truth["orders"]
    role = {"huaxin": "core", "shenda": "core", "jinyu": "direct", "changfeng": "direct"}
    mine = known.filter(
        pl.col("dealer_id").is_in(list(role)) & pl.col("accept_hours").is_not_null()
    )
    first = orders.filter(pl.col("version") == 1).join(mine, on=["order_no", "line_no"])
    told = (first["accepted_at"] - first["entered_at"]).dt.total_seconds() / 3600
    assert (told - first["accept_hours"]).abs().max() < 0.01
    late = first["order_date"] >= pl.Series([first["order_date"].max()]).dt.offset_by("-3mo")[0]
    role_of = pl.col("dealer_id").replace_strict(role)
    table = first.group_by(role_of, late=late).agg(pl.col("accept_hours").median())
    hours = {(role, late): median for role, late, median in table.iter_rows()}
    assert 4 < hours["core", True] < hours["core", False] < 9
    assert hours["direct", True] < 10 < hours["direct", False] < 48
    assert first["accept_hours"].max() <= 48
    assert 0.8 < known["on_time"].mean() < 0.9
    assert 0.05 < (known["slip_days"] > 0).mean() < 0.12
    assert known["cancelled"].sum() > 20


def test_a_shipments_events_follow_each_other_but_for_the_planted_ones(wide: WorldFiles) -> None:
    events, faults = wide.truth["logistics_event"], wide.truth["logistics_fault"]
    order = ["picked", "departed", "exception", "customs", "arrived", "signed"]
    ranked = events.with_columns(place_in_order=pl.col("code").replace_strict(order, range(6)))
    by_time = ranked.sort("shipment_no", "event_ts", "place_in_order")
    step = by_time.with_columns(step=pl.col("place_in_order").diff().over("shipment_no"))
    assert step.filter(pl.col("step") < 0).is_empty()

    def shipments(fault: str) -> set[str]:
        return set(faults.filter(pl.col("fault") == fault)["shipment_no"])

    signed = events.filter(pl.col("code") == "signed")["shipment_no"]
    assert set(signed.filter(signed.is_duplicated())) == shipments("signed_twice") != set()
    sent = wide.truth["sell_in"].unique("shipment_no")
    entered = wide.truth["orders"].group_by("order_no").agg(pl.col("entered_at").min())
    picked = events.filter(pl.col("code") == "picked")
    early = picked.join(sent, on="shipment_no").join(entered, on="order_no")
    early = early.filter(pl.col("event_ts") < pl.col("entered_at"))
    assert set(early["shipment_no"]) == shipments("before_order") != set()
    regular = events.join(faults, on="event_id", how="anti").join(sent, on="shipment_no")
    for code, column in (("picked", "ship_date"), ("arrived", "received_date")):
        day = regular.filter(pl.col("code") == code)
        assert (day["event_ts"].dt.date() == day[column]).all()
    assert events["shipment_no"].n_unique() == len(sent)


@pytest.mark.parametrize("world", ["small", "wide"])
def test_what_goes_back_had_been_brought_by_the_shipment_it_names(
    world: str, request: pytest.FixtureRequest
) -> None:
    truth = request.getfixturevalue(world).truth
    back = truth["return"].join(
        truth["sell_in"], left_on=["original_shipment", "dealer_code", "mpn"],
        right_on=["shipment_no", "ship_to_dealer", "mpn"], suffix="_in",
    )  # fmt: skip
    assert len(back) == len(truth["return"]) > 0
    assert (back["received_date"] <= back["return_date"]).all()
    assert (back["lot"] == back["lot_in"]).all()
    assert truth["inventory_month"]["vendor_returns"].sum() == back["qty"].sum()


def test_returns_to_the_vendor_can_be_switched_off() -> None:
    spec = WorldSpec.small()
    flows = simulate(WorldSpec(**{**vars(spec), "vendor_returns": False}))
    assert len(flows.returns.qty) == 0
    assert flows.on_hand[-1].sum() > 0


@pytest.mark.parametrize("world", ["small", "whole"])
def test_claims_refer_to_real_sales_and_are_right_but_for_the_planted_ones(
    world: str, request: pytest.FixtureRequest
) -> None:
    truth = request.getfixturevalue(world).truth
    at = ["dealer_id", "claim_no", "line_no"]
    sales = truth["pos"].filter(pl.col("type") == "sale")
    spas = truth["price"].filter(pl.col("kind") == "spa").select(
        "qty_cap", spa_no="doc_no", spa_price="price", spa_customer="end_customer", spa_part="mpn"
    )  # fmt: skip
    found = (
        truth["claim"]
        .join(
            truth["claim_fault"].filter(pl.col("fault") != "reversed").select(*at, "fault"),
            on=at, how="left",
        )
        .join(
            sales, left_on=["dealer_id", "invoice_no", "invoice_line"],
            right_on=["dealer_id", "invoice_no", "line_no"], suffix="_sold",
        )
        .join(spas, on="spa_no", how="left")
    )  # fmt: skip
    assert len(found) == len(truth["claim"]) > 30
    assert (found["mpn"] == found["mpn_sold"]).all()
    assert (found["claim_date"] > found["invoice_date"]).all()
    amount = found["claim_qty"] * (found["basis_price"] - found["contract_price"])
    assert (amount == found["claim_amount"]).all()
    known = found.filter(pl.col("fault").fill_null("") != "spa_unknown")
    assert known["spa_price"].null_count() == 0
    assert len(found) - len(known) > 0
    assert (known["spa_price"] == known["contract_price"]).all()
    assert (known["spa_part"] == known["mpn"]).all()
    other = pl.col("spa_customer") != pl.col("end_customer")
    takes = pl.when(~other).then(pl.min_horizontal("claim_qty", "qty")).otherwise(0)
    used = known.sort("claim_date", "claim_no", pl.col("line_no").cast(int)).with_columns(
        used=takes.cum_sum().over("spa_no")
    )
    wrong = used.select(
        *at,
        fault=pl.when(pl.col("claim_qty") > pl.col("qty")).then(pl.lit("above_sold"))
        .when(other).then(pl.lit("other_customer"))
        .when(pl.col("used") > pl.col("qty_cap")).then(pl.lit("over_balance")),
    ).drop_nulls()  # fmt: skip
    planted = truth["claim_fault"].filter(~pl.col("fault").is_in(["spa_unknown", "reversed"]))
    assert planted.select(*at, "fault").sort(at).equals(wrong.sort(at))


def test_tiers_of_all_kinds_are_assessed_and_overridden(whole: WorldFiles) -> None:
    found = whole.truth["certification"]
    score = (found["technical"] + found["capital"] + found["focus"]) / 3
    assert (score >= 85).any()
    assert ((score >= 70) & (score < 85)).any()
    assert ((score >= 55) & (score < 70)).any()
    assert (score < 55).any()
    assert found["override_tier"].drop_nulls().to_list() == ["silver", "gold", "none"]
    assert found["assessed_at"].n_unique() == 3


def test_customers_that_engineers_helped_pay_the_planted_margin(whole: WorldFiles) -> None:
    sales = whole.truth["pos"].filter(
        (pl.col("type") == "sale") & pl.col("spa_no").is_null() & pl.col("book_cost").is_not_null()
    )
    helped = sales.join(whole.truth["support"], on=["dealer_id", "end_customer"])
    margin = 1 - helped["book_cost"].cast(float) / helped["resale_price"].cast(float)
    after = helped["invoice_date"] > helped["first_contact"]
    gain = margin.filter(after).mean() - margin.filter(~after).mean()
    assert after.sum() > 3000
    assert 1.3 < 100 * gain < 1.7


def test_tickets_come_in_order_and_say_what_was_known(whole: WorldFiles) -> None:
    events = whole.truth["enablement_event"]
    assert set(events["kind"]) == {"doc_view", "case_use", "fae_ticket", "training"}
    tickets = events.filter(pl.col("kind") == "fae_ticket")
    assert (tickets["first_reply_at"] >= tickets["opened_at"]).all()
    assert (tickets["closed_at"] >= tickets["first_reply_at"]).all()
    assert (tickets["closed_at"].is_null() == (tickets["outcome"] == "open")).all()
    assert set(tickets["outcome"]) == {"win", "open", "lost"}


def test_bad_lots_fail_more_and_one_is_where_it_was_not_sent(whole: WorldFiles) -> None:
    bad, failures = whole.truth["bad_lot"], whole.truth["quality_feedback"]
    share = failures.group_by(bad=pl.col("lot").is_in(bad["lot"].implode()).fill_null(False)).agg(
        pl.col("qty_failed").sum() / pl.col("qty_inspected").sum()
    )
    rates = dict(share.iter_rows())
    assert rates[True] > 5 * rates[False]
    stray = bad.filter(~pl.col("sold_by").str.starts_with("huaxin"))
    astray = failures.join(stray, on="lot").filter(pl.col("dealer_code") != pl.col("shipped_to"))
    assert set(astray["dealer_code"]) & {"tianmu", "jinyu", "qiming"}


def test_complaints_on_diversion_name_dealers_that_did_it(whole: WorldFiles) -> None:
    found = whole.truth["complaint"]
    cases = whole.truth["diversion"].filter(pl.col("suspicious"))
    told = found.filter(pl.col("kind") == "diversion")
    pairs = set(cases.select("other_dealer_id", "dealer_id").iter_rows())
    assert len(told) >= 4
    assert set(told.select("dealer_code", "against_dealer").iter_rows()) <= pairs
    assert found["closed_on"].null_count() > 0
    assert found["closed_on"].count() > 5


def test_forecasts_are_as_biased_as_they_are_said_to_be(whole: WorldFiles) -> None:
    said = whole.truth["dealer_forecast"]
    assert (said["week"].dt.weekday() == 1).all()
    assert (said["week"] > said["submitted_on"]).all()
    sold = whole.truth["pos"].group_by(
        "dealer_id", "mpn", pl.col("invoice_date").dt.truncate("1w").alias("week")
    ).agg(pl.col("qty").sum().alias("sold"))  # fmt: skip
    last = whole.truth["pos"]["invoice_date"].max()
    both = said.join(sold, on=["dealer_id", "mpn", "week"], how="left").filter(
        pl.col("week") < last
    )
    ratio = dict(
        both.group_by("dealer_id").agg(pl.col("qty").sum() / pl.col("sold").sum()).iter_rows()
    )
    bias = dict(whole.truth["forecast_bias"].select("dealer_id", "factor").iter_rows())
    assert sorted(ratio, key=ratio.__getitem__) == sorted(bias, key=bias.__getitem__)


def test_the_small_world_has_something_of_everything(small: WorldFiles) -> None:
    sent = {r.report for r in small.records}
    assert sent >= {
        "orders", "logistics_event", "return", "claim", "certification", "enablement_event",
        "quality_feedback", "complaint", "dealer_forecast",
    }  # fmt: skip
    signals = set(small.truth["diversion"]["signal"])
    assert signals >= {"lot_elsewhere", "outside_region", "spa_customer", "reversed_claim"}
    assert len(small.truth["claim_fault"]) >= 3
