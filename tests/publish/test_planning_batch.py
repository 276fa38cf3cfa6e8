"""Planning on published data: what it writes, what gate 3 lets through, what readers keep."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from chip_channel.cli import app
from chip_channel.planner.choices import LAST, choices
from chip_channel.planner.plan import weights
from chip_channel.planner.read import read
from chip_channel.planner.run import Planned, plan_batch
from chip_channel.planning.panel import read as from_file
from chip_channel.publish.publish import NotPublishableError, publish
from chip_channel.quality.gate import run
from chip_channel.quality.gates import GateBlockedError, check_publication
from chip_channel.quality.suite import datasets, suite
from chip_channel.settings import settings
from chip_channel.warehouse import connect
from chip_channel.world import WorldFiles
from typer.testing import CliRunner


@pytest.fixture(scope="module")
def planned(published: WorldFiles) -> Planned:
    done = plan_batch()
    assert done is not None
    check_publication(done.batch.batch_id)
    publish(done.batch.batch_id)
    return done


def rows(query: str) -> list[tuple[Any, ...]]:
    with connect("bi_reader") as connection:
        return connection.execute(query).fetchall()


def test_weekly_demand_is_what_was_sold(published: WorldFiles) -> None:
    """By the world's truth: pieces by dealer and week, samples left out, returns deducted."""
    true = published.truth["pos"].filter(pl.col("type") != "sample")
    wanted = (
        true.with_columns(week=pl.col("invoice_date").cast(pl.Date).dt.truncate("1w"))
        .group_by("dealer_id", "week")
        .agg(pl.col("qty").sum())
    )
    found = rows("select dealer_id, week, sum(sold_qty - returned_qty) from publish.fct_demand_weekly "
                 "group by 1, 2 having sum(sold_qty + returned_qty) <> 0")  # fmt: skip
    assert {(d, w): float(q) for d, w, q in found} == {
        (d, w): float(q) for d, w, q in wanted.iter_rows()
    }


def test_every_part_that_sells_is_forecast_and_planned(planned: Planned) -> None:
    sold = rows(f"select distinct dealer_id, product_id from publish.fct_demand_weekly "
                f"where sold_qty > 0 and week <= '{planned.origin}'")  # fmt: skip
    assert sold
    assert set(sold) <= set(
        rows("select distinct dealer_id, product_id from publish.mart_forecast")
    )
    weeks = rows("select min(week), max(week), count(distinct week) from publish.mart_forecast")
    first, last, count = weeks[0]
    assert first == planned.origin + timedelta(days=7)
    assert (last - first).days == 7 * (count - 1)
    lying = rows("select distinct dealer_id, product_id from publish.fct_inventory_daily d where "
                 "on_hand_qty > 0 and as_of = (select max(as_of) from publish.fct_inventory_daily m "
                 "where m.dealer_id = d.dealer_id)")  # fmt: skip
    assert set(lying) <= set(rows("select dealer_id, product_id from publish.mart_safety_stock"))


def test_a_proposal_fills_up_to_the_target_in_whole_packs(planned: Planned) -> None:
    """Worked out again from its own columns: nothing is ordered above need but for MOQ and pack."""
    found = rows(
        "select r.proposed_qty, r.order_up_to_qty, r.on_hand_qty + r.on_order_qty, s.cap_qty, d.spq, "
        "d.moq, coalesce((select sum(t.qty) from publish.mart_transfer t where t.to_dealer_id = "
        "r.dealer_id and t.product_id = r.product_id), 0) from publish.mart_replenishment r join "
        "publish.mart_safety_stock s using (dealer_id, product_id) join publish.dim_product d on "
        "d.product_id = r.product_id and d.is_current"
    )
    assert any(quantity > 0 for quantity, *_ in found)
    for quantity, target, position, cap, spq, moq, moved in found:
        assert quantity % spq == 0
        wanted = min(target, target if cap is None else cap)
        need = max(wanted - round(position), 0)
        if quantity:
            assert need > 0
            assert quantity < max(need - min(moved, need) + spq, moq + spq)
        elif cap is None and moved < need:
            assert need == 0


BREAKS = [
    ("mart_forecast", "no_negative", '{"mean_qty": -1}'),
    ("mart_forecast", "quantiles_rise", '{"p50_qty": 1e9}'),
    ("mart_forecast", "no_jump_without_reason", '{"mean_qty": 1e9, "demand_class": "smooth"}'),
    ("mart_forecast", "every_active_part_covered", '{"product_id": "nobody|X"}'),
    ("mart_forecast_accuracy", "coverage", '{"series": 30, "weeks": 13, "coverage_95": 0.5, "demand_class": "smooth"}'),
    ("mart_forecast_accuracy", "history_long_enough", '{"weeks": 12}'),
    ("mart_forecast_accuracy", "coverage_close", '{"series": 30, "coverage_80": 0.99}'),
    ("mart_forecast_accuracy", "bias", '{"series": 30, "weeks": 13, "bias": -0.5, "demand_class": "smooth"}'),
    ("mart_forecast_accuracy", "better_than_repeating",
     '{"series": 30, "wql": 2, "wql_naive": 1}'),
    ("mart_replenishment", "no_negative", '{"proposed_qty": -1}'),
    ("mart_replenishment", "contributions_add_up", '{"by_history_qty": 123456789}'),
    ("mart_safety_stock", "probability", '{"stock_out_probability": 1.5}'),
    ("mart_alert", "open_once", '{"alert_key": "one", "closed_at": null}'),
]  # fmt: skip


@pytest.mark.parametrize(("mart", "name", "wrong"), BREAKS, ids=lambda x: x if "{" not in x else "")
def test_a_check_of_gate_3_finds_what_it_is_for(
    planned: Planned, mart: str, name: str, wrong: str
) -> None:
    checks = suite("publish", mart)
    assert checks is not None
    query = (
        f"select (jsonb_populate_record(m, '{wrong}')).* from marts.{mart} as m "
        f"where m.batch_id = {planned.batch.batch_id}"
    )
    with connect("publisher") as connection:
        there = connection.execute(f"select count(*) from ({query}) as q").fetchone()
        assert there[0] > 1
        found = {c.name: c for c in run(checks, query, connection).checks}[name]
    assert not found.passed
    assert found.failing_rows > 0


def test_every_check_of_gate_3_on_plans_is_proven_to_fail() -> None:
    named = {
        (mart, e["meta"]["name"])
        for mart in datasets("publish", "planning")
        for e in suite("publish", mart).expectations  # type: ignore[union-attr]
    }
    assert named - {(m, "not_empty") for m, _ in named} == {(m, n) for m, n, _ in BREAKS}


def test_alerts_stay_open_close_and_are_told_once(planned: Planned) -> None:
    before = rows("select alert_key, opened_at, opened_by_batch from publish.mart_alert "
                  "where closed_at is null order by 1")  # fmt: skip
    assert before
    with connect() as connection:
        told = connection.execute("select count(*) from ctl.outbox where dedup_key like 'alerts:%'")
        messages = told.fetchone()[0]
        connection.execute(  # one that is no longer true
            "insert into marts.mart_alert select batch_id, slice, 'excess:x:gone', 'excess', 'warn', 'x', "
            "'gone', 'gone', 'e', 'z', '', null, now(), batch_id, null from marts.mart_alert "
            "where batch_id = %s limit 1",
            (planned.batch.batch_id,),
        )
    assert messages > 0
    again = plan_batch()
    assert again is not None
    check_publication(again.batch.batch_id)
    publish(again.batch.batch_id)
    after = rows("select alert_key, opened_at, opened_by_batch from publish.mart_alert "
                 "where closed_at is null order by 1")  # fmt: skip
    assert after == before
    closed = rows("select alert_key from publish.mart_alert where closed_at is not null")
    assert closed == [("excess:x:gone",)]
    with connect() as connection:
        told = connection.execute("select count(*) from ctl.outbox where dedup_key like 'alerts:%'")
        assert told.fetchone()[0] == messages


def test_a_gate_that_blocked_a_plan_is_no_alert_once_a_plan_has_passed(planned: Planned) -> None:
    """Not one batch late: the plan that passes is built before its gate, and shows none already."""
    bad = plan_batch()
    assert bad is not None
    with connect() as connection:
        connection.execute("update marts.mart_forecast set mean_qty = -5 where batch_id = %s",
                           (bad.batch.batch_id,))  # fmt: skip
        connection.execute(  # a mart of the pipeline itself stays blocked
            "insert into ctl.gate_run (gate, dataset, batch_id, outcome) "
            "select 'publish', 'fct_pos', min(batch_id), 'blocked' from ctl.batch where kind <> 'planning'"
        )
    with pytest.raises(GateBlockedError):
        check_publication(bad.batch.batch_id)
    good = plan_batch()
    assert good is not None
    check_publication(good.batch.batch_id)
    publish(good.batch.batch_id)
    opened = rows(
        "select about from publish.mart_alert where kind = 'gate_failed' and closed_at is null"
    )
    assert opened == [("publish.fct_pos",)]


def test_a_plan_follows_the_stock_policies_that_it_publishes(planned: Planned) -> None:
    chosen = dict(rows("select demand_class, method || '|' || outlook from publish.mart_stock_policy "
                       "where chosen"))  # fmt: skip
    used = rows("select distinct demand_class, policy from publish.mart_safety_stock "
                "where policy <> 'none'")  # fmt: skip
    assert used
    for demand_class, policy in used:
        method, outlook = chosen.get(demand_class, "quantile|recipes").split("|")
        assert policy.startswith(method)
        assert policy.endswith(f"on {outlook}")


def test_choices_are_kept_and_not_made_again(
    planned: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stored rows decide until they are old; then all of them are made again."""
    inputs = read()
    with connect() as connection:
        connection.execute("insert into planning.policy (batch_id, demand_class, method, outlook, chosen, "
                           "knob, series) select max(batch_id), 'ending', 'cover', 'recent', true, 2, 30 "
                           "from ctl.batch where status = 'published' and kind = 'planning'")  # fmt: skip
        connection.execute("insert into planning.recipe (batch_id, demand_class, recipe, incumbent, chosen, "
                           "series, origins, chosen_at) select max(batch_id), 'ending', 'mean', true, true, "
                           "30, 2, %s from ctl.batch where status = 'published' and kind = 'planning'",
                           (inputs.origin,))  # fmt: skip
    kept = choices(inputs, False, print)
    assert kept.recipes["ending"] == "mean"
    assert kept.policy.filter("chosen", demand_class="ending")["knob"].to_list() == [2.0]
    later = replace(inputs, origin=inputs.origin + LAST)
    told: list[str] = []
    choices(later, False, told.append)
    assert told


def test_what_is_exported_is_what_is_planned_on(planned: Planned, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["planning", "demand", "--out", str(tmp_path / "d.parquet")])
    assert done.exit_code == 0, done.output
    inputs = read()
    again = from_file(tmp_path / "d.parquet", "W", date="date")
    assert again.ids.tolist() == inputs.panel.ids.tolist()
    np.testing.assert_array_equal(again.values, inputs.panel.values)
    about = pl.read_parquet(tmp_path / "d_items.parquet")
    assert about["series"].to_list() == inputs.panel.ids.tolist()
    assert about["lead_time"].to_list() == inputs.terms.lead_time.tolist()
    assert about["launched"].to_numpy().tolist() == inputs.facts.launched.tolist()


def test_dealers_weigh_what_their_role_says(planned: Planned) -> None:
    roles = dict(rows("select dealer_id, role from publish.dim_dealer where is_current"))
    inputs = read()
    found = weights(inputs.items["role"])
    assert len(set(roles.values())) > 1
    for dealer, weight in zip(inputs.items["dealer_id"], found, strict=True):
        assert weight == settings().allocation_weights[roles[dealer]]
    assert weights(pl.Series(["core", "nobody"])).tolist() == [2.0, 1.0]


def test_a_blocked_forecast_leaves_the_last_one(planned: Planned) -> None:
    seen = rows("select sum(mean_qty), count(*) from publish.mart_forecast")
    bad = plan_batch()
    assert bad is not None
    with connect() as connection:
        connection.execute("update marts.mart_forecast set mean_qty = -5 where batch_id = %s",
                           (bad.batch.batch_id,))  # fmt: skip
    with pytest.raises(GateBlockedError, match="no_negative"):
        check_publication(bad.batch.batch_id)
    with pytest.raises(NotPublishableError, match="mart_forecast"):
        publish(bad.batch.batch_id)
    assert rows("select sum(mean_qty), count(*) from publish.mart_forecast") == seen
    with connect() as connection:
        found = connection.execute(
            "select subject from ctl.outbox where kind = 'gate_failed' order by outbox_id desc limit 1"
        ).fetchone()
    assert "mart_forecast" in found[0]
