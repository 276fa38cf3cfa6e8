"""Stock policies: chosen by replay, kept as rows, and levels of today by them."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from chip_channel.planning.classify import NEVER_SOLD
from chip_channel.planning.forecast import forecast
from chip_channel.planning.panel import Panel, calendar
from chip_channel.planning.roll import all_outlooks, roll
from chip_channel.planning.simulate import Terms
from chip_channel.planning.stocking import LEAST_SERIES, SCHEMA, choose, levels
from scipy.stats import nbinom

PLAIN = dict.fromkeys(("smooth", "erratic", "intermittent", "lumpy", "new"), "intermittent_plain")
WINDOW = 3


def demand(n: int = 100, months: int = 40) -> tuple[Panel, np.ndarray]:
    """Poisson, of known rates (n, 1) a month."""
    rng = np.random.default_rng(7)
    rate = rng.gamma(1.0, 2.0, (n, 1))
    ids = np.array([f"s{i:03}" for i in range(n)])
    periods = calendar(np.datetime64("2020-01-01"), months, "MS")
    return Panel(ids, periods, rng.poisson(rate, (n, months)).astype(float), "MS"), rate[:, 0]


def replayed(panel: Panel) -> pl.DataFrame:
    terms = Terms.of(len(panel), WINDOW - 1, spq=1)
    outlooks = all_outlooks(panel, roll(panel, terms, first=12, recipes=PLAIN))
    return choose(panel, terms, 0.95, outlooks, 12)


def test_levels_of_today_run_out_about_as_often_as_the_replay_meant() -> None:
    panel, rate = demand()
    choice = replayed(panel)
    made = forecast(panel, 3, WINDOW, recipes=PLAIN)
    level, words = levels(made, panel, choice)
    assert not level[made.classes == NEVER_SOLD].any()
    chosen = choice.filter("chosen", pl.col("series") >= LEAST_SERIES, method="quantile")
    assert chosen.height
    assert choice["fill"].unique().item() == pytest.approx(0.95, abs=0.005)
    for name, outlook, knob in chosen.select("demand_class", "outlook", "knob").iter_rows():
        here = made.classes == name
        chance = 1 - nbinom.cdf(level[here], 1e6, 1e6 / (1e6 + WINDOW * rate[here]))
        assert chance.mean() == pytest.approx(10**-knob, abs=0.1)
        assert all(word.endswith(f"on {outlook}") for word in words[here])


def test_one_policy_is_chosen_per_class_and_a_small_class_keeps_its_default() -> None:
    choice = replayed(demand()[0])
    assert choice.filter("chosen")["demand_class"].is_unique().all()
    assert set(choice.filter("chosen")["demand_class"]) == set(choice["demand_class"])
    small = choice.filter("chosen", pl.col("series") < LEAST_SERIES)
    assert set(small["demand_class"]) == {"dead", NEVER_SOLD}
    # what never sold is expected never to sell: no stock serves it
    assert dict(small.select("demand_class", "gain").iter_rows()) == {"dead": 1.0, NEVER_SOLD: 0.0}
    clear = choice.filter(pl.col("gain") > 1.05, pl.col("series") >= LEAST_SERIES)
    for name, group in clear.group_by("demand_class"):
        best = group.sort("gain").row(-1, named=True)
        assert best["chosen"], name


def test_a_replay_of_less_than_two_windows_prefers_nothing() -> None:
    panel, _ = demand()
    for lead_time, judged in ((2, True), (8, False)):
        terms = Terms.of(len(panel), lead_time, spq=1)
        outlooks = all_outlooks(panel, roll(panel, terms, first=12, recipes=PLAIN))
        # something to prefer: a forecast of three times the demand fills any shelf
        wild = replace(outlooks["blend"], mean=outlooks["blend"].mean * 3)
        choice = choose(panel, terms, 0.95, outlooks | {"blend": wild}, 12)
        assert (choice.filter("chosen")["gain"] > 1).any() == judged


def test_rows_decide_and_a_class_without_one_has_the_usual_quantile() -> None:
    panel, _ = demand()
    made = forecast(panel, 3, WINDOW, recipes=PLAIN, levels=(0.5, 0.95))
    plain, words = levels(made, panel, pl.DataFrame(schema=SCHEMA))
    np.testing.assert_allclose(plain, made.at(0.95))
    assert set(words) == {"quantile 0.950 on recipes"}
    one = str(made.classes[0])
    row = pl.DataFrame([{"demand_class": one, "method": "cover", "outlook": "recipes", "chosen": True,
                         "knob": 1.5}], SCHEMA)  # fmt: skip
    changed, words = levels(made, panel, row)
    here = made.classes == one
    np.testing.assert_allclose(changed[here], made.cumulative_mean[here] * (1 + 1.5 / WINDOW))
    np.testing.assert_array_equal(changed[~here], plain[~here])
    assert words[0] == "cover +1.5 on recipes"
    with pytest.raises(ValueError, match="guess"):
        levels(made, panel, row.with_columns(method=pl.lit("guess")))


def test_a_policy_may_not_ask_for_a_tail_that_nobody_has_seen() -> None:
    panel, _ = demand(40)
    made = forecast(panel, 3, WINDOW, recipes=PLAIN, levels=(0.5, 0.995))
    rows = pl.DataFrame([
        {"demand_class": name, "method": "quantile", "outlook": "recipes", "chosen": True, "knob": 5.0}
        for name in np.unique(made.classes).tolist()
    ], SCHEMA)  # fmt: skip
    np.testing.assert_allclose(levels(made, panel, rows)[0], made.at(0.995))


def test_without_earlier_demand_nothing_is_chosen() -> None:
    panel, _ = demand(5)
    panel.values[:, :30] = 0
    assert replayed(panel).is_empty()


def test_looking_less_often_carries_the_last_forecast_on() -> None:
    panel, _ = demand(20)
    terms = Terms.of(len(panel), WINDOW - 1)
    often, seldom = (roll(panel, terms, first=12, every=k, recipes=PLAIN) for k in (1, 4))
    for column in range(12, 41):
        last = max(t for t in (12, *range(40, 12, -4)) if t <= column)
        np.testing.assert_array_equal(seldom.mean[:, column], often.mean[:, last])
    assert np.isnan(seldom.mean[:, :12]).all()


def test_today_expects_what_the_replay_would() -> None:
    """The means behind today's levels are the last columns of the forecasts that were replayed."""
    panel, _ = demand(30)
    terms = Terms.of(len(panel), WINDOW - 1)
    outlooks = all_outlooks(panel, roll(panel, terms, first=38, recipes=PLAIN))
    made = forecast(panel, 3, WINDOW, recipes=PLAIN, calibrated=False)
    for name, outlook in outlooks.items():
        rows = pl.DataFrame([
            {"demand_class": c, "method": "cover", "outlook": name, "chosen": True, "knob": 0.0}
            for c in np.unique(made.classes).tolist()
        ], SCHEMA)  # fmt: skip
        np.testing.assert_allclose(levels(made, panel, rows)[0], outlook.mean[:, -1], rtol=1e-9)
