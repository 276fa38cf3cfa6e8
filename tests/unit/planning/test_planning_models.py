"""Recipes against the models that they are made of."""

import numpy as np
import pytest
from chip_channel.planning import boosting, recipes
from chip_channel.planning.history import prepare
from chip_channel.planning.models import MODELS, long_season
from chip_channel.planning.panel import Panel, calendar
from chip_channel.planning.quantiles import GRID, curve, spread
from chip_channel.planning.recipes import RECIPES, Recipe, point


def _panel(values: np.ndarray) -> Panel:
    ids = [f"s{i}" for i in range(len(values))]
    return Panel(ids, calendar(np.datetime64("2020-01-01"), values.shape[1], "MS"), values, "MS")


@pytest.fixture(scope="module")
def seasonal() -> Panel:
    """Four series with a season, a trend and noise."""
    t, rng = np.arange(60), np.random.default_rng(4)
    season = 1 + 0.3 * np.sin(2 * np.pi * t / 12)
    return _panel((100 + t) * season * rng.lognormal(0, 0.05, (4, 60)))


def test_the_fast_recipe_is_the_mean_of_three_models_on_relative_demand(seasonal: Panel):
    from statsforecast.models import AutoCES, DynamicOptimizedTheta

    found, why = point(RECIPES["fast"], prepare(seasonal, 12), 6, 12)
    assert why.tolist() == [""] * 4
    for y, mean in zip(seasonal.values, found, strict=True):
        usual = y.mean()
        theta = DynamicOptimizedTheta(12).forecast(10 * y / usual, 6)["mean"] / 10
        logs = DynamicOptimizedTheta(12, "additive").forecast(np.log(y / usual), 6)["mean"]
        smooth = AutoCES(12, "F").forecast(np.log(y / usual) + 5, 6)["mean"] - 5
        np.testing.assert_allclose(mean, usual * (theta + np.exp(logs) + np.exp(smooth)) / 3)


def test_a_model_that_fails_or_explodes_is_left_out_and_named(
    seasonal: Panel, monkeypatch: pytest.MonkeyPatch
):
    history = prepare(seasonal, 12)
    monkeypatch.setitem(
        MODELS, "breaks", lambda h, horizon, _: np.full((len(h.first), horizon), np.nan)
    )
    monkeypatch.setitem(
        MODELS, "explodes", lambda h, horizon, _: np.full((len(h.first), horizon), 1e9)
    )
    plain, _ = point(Recipe(("seasonal_naive",), "errors"), history, 6, 12)
    for name in ("breaks", "explodes"):
        found, why = point(Recipe(("seasonal_naive", name), "errors"), history, 6, 12)
        np.testing.assert_array_equal(found, plain)
        assert why.tolist() == [recipes.FAILED] * 4
    alone, why = point(Recipe(("breaks",), "errors"), history, 6, 12)
    np.testing.assert_allclose(alone[:, 0], seasonal.values[:, -12:].mean(axis=1))
    assert why.tolist() == [recipes.FAILED] * 4


def test_a_mean_far_beyond_all_that_was_seen_is_clamped(
    seasonal: Panel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(
        MODELS, "wild", lambda h, horizon, _: np.full((len(h.first), horizon), 10 * h.values.max())
    )
    found, why = point(Recipe(("wild",), "errors"), prepare(seasonal, 12), 2, 12)
    np.testing.assert_allclose(found[:, 0], 4 * seasonal.values.max(axis=1))
    assert why.tolist() == [recipes.CLAMPED] * 4


def test_seasonal_naive_repeats_the_last_season():
    history = prepare(_panel(np.array([[1.0, 2, 3, 4, 5], [np.nan, np.nan, np.nan, np.nan, 7]])), 3)
    found = MODELS["seasonal_naive"](history, 4, 3)
    assert found.tolist() == [[3, 4, 5, 3], [7, 7, 7, 7]]


def test_packs_are_the_greatest_divisor_of_all_demand():
    shape = spread(prepare(_panel(np.array([[0.0, 3000, 6000], [0, 7, 5], [0, 0, 0]])), 12), 12)
    assert shape.unit.tolist() == [3000, 1, 1]


def test_what_was_filled_in_says_nothing_of_packs():
    panel = _panel(np.array([[3000.0, 0, np.nan, 6000, 0, 3000], [20, 0, 0, 10, 0, 30]]))
    panel.censored[1, 1] = True  # lifted to a mean of 15
    assert spread(prepare(panel, 12), 12).unit.tolist() == [3000, 10]


def test_boosting_learns_what_the_series_have_in_common():
    """Every series halves after two silent months: single series cannot know, the pool does."""
    rng = np.random.default_rng(0)
    level = rng.integers(2, 40, (600, 1))
    fade = np.where(np.arange(48) < rng.integers(20, 44, (600, 1)), 1.0, 0.5)
    values = rng.poisson(level * fade).astype(float) * 10
    past, future = _panel(values[:, :42]), values[:, 42:].mean(axis=1)
    model = boosting.fit(past, 6, 12)
    assert model is not None
    history = prepare(past, 12)
    error = np.abs(model.mean(history) - future).mean()
    assert error < np.abs(history.values[:, -24:].mean(axis=1) - future).mean()
    assert model.mean(history).min() > 0


def test_boosting_says_when_there_is_too_little_to_learn_from():
    assert boosting.fit(_panel(np.ones((20, 40))), 6, 12) is None
    assert boosting.fit(_panel(np.zeros((500, 40))), 6, 12) is None
    assert boosting.fit(_panel(np.ones((500, 9))), 6, 12) is None


def test_a_curve_follows_what_was_seen_and_leans_on_what_was_known_before():
    np.testing.assert_allclose(curve(np.zeros(0)), GRID)
    seen = np.random.default_rng(0).beta(2, 1, 100_000)  # P(u ≤ x) = x², so the p-quantile is √p
    np.testing.assert_allclose(curve(seen)[1:-1], np.sqrt(GRID[1:-1]), atol=0.01)
    few = curve(np.full(4, 0.5), leans=GRID**2)
    assert np.abs(few - GRID**2).max() < 0.06


def test_a_season_of_weeks_is_found_in_noise_and_carried_on():
    t, rng = np.arange(169), np.random.default_rng(6)
    truth = (100 + 0.2 * t) * np.exp(0.3 * np.sin(2 * np.pi * t / 52))
    values = truth[:156] * rng.lognormal(0, 0.15, (8, 156))
    weekly = Panel(
        [f"s{i}" for i in range(8)], calendar(np.datetime64("2022-01-03"), 156, "W"), values, "W"
    )
    naive, _ = point(RECIPES["seasonal_naive"], prepare(weekly, 52), 13, 52)
    for recipe in ("fast", "theta"):
        found, why = point(RECIPES[recipe], prepare(weekly, 52), 13, 52)
        assert not why.astype(bool).any()
        assert np.abs(found / truth[156:] - 1).mean() < 0.09
        assert np.abs(found - truth[156:]).mean() < np.abs(naive - truth[156:]).mean() / 1.5


def test_random_walks_have_no_season():
    walks = np.cumsum(np.random.default_rng(2).normal(size=(300, 156)), axis=1)
    seasonal = [long_season(walk, 13, 52).any() for walk in walks]
    assert np.mean(seasonal) < 0.05
