"""The planning section says what planning published, and a week without a sale is a week of 0."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from chip_channel.planner.run import plan_batch
from chip_channel.publish.publish import publish
from chip_channel.quality.gates import check_publication
from chip_channel.report.page import write_report
from chip_channel.report.queries import planning
from chip_channel.report.reading import reading

from tests.report.conftest import Published, change
from tests.report.test_page_numbers import rows


@pytest.fixture(scope="module")
def planned(published: Published) -> Published:
    done = plan_batch()
    assert done is not None
    check_publication(done.batch.batch_id)
    publish(done.batch.batch_id)
    change("delete from marts.mart_stock_backtest")
    change(
        "insert into marts.mart_stock_backtest (batch_id, slice, policy, demand_class, series, reached, "
        "target, turnover, fill, dead_share, excess_share, orders, tested_at) "
        "select batch_id, slice, p.policy, p.demand_class, 61, p.reached, 0.95, p.turnover, 0.95, 0.02, 0.1, "
        "7, current_date from (select distinct batch_id, slice from marts.mart_stock_policy) as b, "
        "(values ('dynamic', 'all', true, 6.25), ('min-max', 'all', true, 3.5), "
        "('foresight', 'all', true, 33.0), ('cover-3', 'all', false, 1.0), ('dynamic', 'smooth', true, 12.5)"
        ") as p (policy, demand_class, reached, turnover)"
    )
    write_report()
    return published


def test_the_back_test_stands_in_the_page_with_the_bound_apart(planned: Published) -> None:
    page = planned.index
    found = [row[1:4] for row in page.table("backtest")]
    assert found == [
        ["dynamic", "6.25", "95.0 %"], ["min-max", "3.50", "95.0 %"],
        ["cover-3", "1.00", "95.0 % !"], ["foresight", "33.00", "95.0 %"],
    ]  # fmt: skip
    assert [row[:3] for row in page.table("backtest_classes")] == [["smooth", "dynamic", "12.50"]]
    chosen = dict(rows("select demand_class, outlook from publish.mart_stock_policy where chosen"))
    assert {row[0]: row[2] for row in page.table("policies")} == chosen


def test_accuracy_shows_what_the_factors_did(planned: Published) -> None:
    wanted = rows("select demand_class, bias, bias_history, bias_lifecycle "
                  "from publish.mart_forecast_accuracy")  # fmt: skip
    found = {row[0]: row[5:8] for row in planned.index.table("accuracy")}
    assert wanted
    for name, *shares in wanted:
        for text, share in zip(found[name], shares, strict=True):
            assert float(text.split()[0].replace("−", "-")) == pytest.approx(100 * share, abs=0.06)


def test_a_week_without_a_sale_is_drawn_as_0_and_one_not_reported_is_not(
    planned: Published,
) -> None:
    with reading() as db:
        weeks = [row for row in planning.fans(db, 500) if row["p50_qty"] is None]
    sold = {
        (f"{dealer} · {product.split('|')[1]}", f"{week}"): float(qty)
        for dealer, product, week, qty in rows(
            "select dealer_id, product_id, week, sum(sold_qty - returned_qty) "
            "from publish.fct_demand_weekly group by 1, 2, 3")
    }  # fmt: skip
    zeros = 0
    for row in weeks:
        wanted = sold.get((row["series"], row["week"]), 0.0)
        assert row["qty"] is None or float(row["qty"]) == wanted
        zeros += row["qty"] == 0 and (row["series"], row["week"]) not in sold
    assert zeros > 0
    for name in {row["series"] for row in weeks}:
        own = [date.fromisoformat(row["week"]) for row in weeks if row["series"] == name]
        assert {b - a for a, b in pairwise(own)} <= {timedelta(days=7)}
    until = max(row["week"] for row in weeks)
    change("update ctl.submission set period_end = %s where report = 'pos' and dealer_id = 'shenda'",
           date.fromisoformat(until))  # fmt: skip
    with reading() as db:
        last = [row["qty"] for row in planning.fans(db, 500)
                if row["week"] == until and row["series"].startswith("shenda")]  # fmt: skip
    assert last
    assert set(last) == {None}
