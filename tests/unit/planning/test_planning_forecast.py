"""The laws of a forecast: whatever the demand looks like."""

import numpy as np
import pytest
from chip_channel.planning.forecast import Forecast, forecast
from chip_channel.planning.panel import Panel, calendar
from chip_channel.planning.recipes import RECIPES
from hypothesis import given, settings
from hypothesis import strategies as st

NAN = np.nan
LEVELS = (0.1, 0.5, 0.9, 0.99)


def panel_of(rows: np.ndarray, ids: list[str] | None = None) -> Panel:
    values = np.asarray(rows, float)
    names = ids or [f"part-{i}" for i in range(len(values))]
    return Panel(names, calendar(np.datetime64("2021-01-01"), values.shape[1], "MS"), values, "MS")


def sporadic(series: int, periods: int, seed: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = rng.lognormal(-0.7, 0.8, (series, 1))
    return rng.poisson(rng.gamma(0.7, level / 0.7, (series, periods))).astype(float)


def same(one: Forecast, other: Forecast) -> None:
    for name in (
        "ids",
        "mean",
        "quantiles",
        "cumulative",
        "windows",
        "classes",
        "recipe",
        "fallback",
    ):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.fixture(scope="module")
def many() -> tuple[Panel, np.ndarray, Forecast]:
    """Sporadic demand of 300 parts with windows of their own, and its forecast."""
    rows = sporadic(300, 40)
    rows[:20] += 40  # some sell steadily
    windows = np.random.default_rng(1).integers(1, 7, 300)
    panel = panel_of(rows)
    return panel, windows, forecast(panel, 6, windows, levels=LEVELS)


def test_shapes_and_names(many: tuple):
    panel, windows, made = many
    assert made.mean.shape == (300, 6)
    assert made.quantiles.shape == (300, 6, 4)
    assert made.cumulative.shape == (300, 4)
    assert made.periods.astype(str).tolist()[0] == "2024-05-01"
    assert str(made.origin) == "2024-04-01"
    assert made.windows.tolist() == windows.tolist()
    assert set(made.recipe) <= set(RECIPES)
    assert len(made) == len(panel)


def test_the_same_input_gives_the_same_forecast_in_chunks_of_any_size(many: tuple):
    panel, windows, made = many
    same(made, forecast(panel, 6, windows, levels=LEVELS, chunk=37))


def test_the_order_of_the_series_does_not_matter(many: tuple):
    panel, windows, made = many
    order = np.random.default_rng(2).permutation(300)
    turned = forecast(panel.take(order), 6, windows[order], levels=LEVELS)
    np.testing.assert_array_equal(turned.quantiles, made.quantiles[order])
    np.testing.assert_array_equal(turned.cumulative, made.cumulative[order])


def test_quantiles_rise_and_the_probability_of_running_out_fits_them(many: tuple):
    _, _, made = many
    assert (made.quantiles >= 0).all()
    assert (np.diff(made.quantiles, axis=2) >= 0).all()
    assert (np.diff(made.cumulative, axis=1) >= 0).all()
    for i, level in enumerate(LEVELS):
        out = made.stock_out_probability(made.cumulative[:, i])
        assert (out <= 1 - level + 1e-6).all()
        one_less = made.stock_out_probability(made.cumulative[:, i] - 1)
        assert (one_less[made.cumulative[:, i] > 0] >= 1 - level - 1e-6)[
            made.spans.counted[made.cumulative[:, i] > 0]
        ].all()
    assert (made.stock_out_probability(np.full(300, -1.0)) == 1).all()
    assert (made.stock_out_probability(np.full(300, 1e9)) < 0.01).all()


def test_other_levels_can_be_asked_for_later(many: tuple):
    _, _, made = many
    np.testing.assert_array_equal(made.cumulative_quantiles([0.5, 0.9]), made.cumulative[:, 1:3])


def test_demand_over_a_window_covers_what_happens_as_often_as_it_says():
    rows = sporadic(1500, 48, seed=11)
    made = forecast(panel_of(rows[:, :44]), 4, 4, levels=LEVELS)
    seen = rows[:, 44:].sum(axis=1)
    for i, level in enumerate(LEVELS):
        # counts jump over a level, so the quantile covers somewhat more, one piece less too little
        assert (seen <= made.cumulative[:, i]).mean() > level - 0.03
        assert (seen < made.cumulative[:, i]).mean() < level + 0.03
    stock = np.full(1500, 3.0)
    assert made.stock_out_probability(stock).mean() == pytest.approx((seen > 3).mean(), abs=0.03)


ODD = {
    "too_short": [NAN] * 33 + [4, 0, 6],
    "all_zero": [0] * 36,
    "no_data": [NAN] * 36,
    "returns": [0, 3] * 17 + [-40, 0],
    "gaps": [0, 3] * 10 + [NAN] * 3 + [1] * 13,
    "": [0, 2] * 18,
}


@pytest.mark.parametrize("name", ODD)
def test_odd_demand_is_named_and_never_stops_the_run(name: str):
    rows = np.vstack([sporadic(30, 36), np.array([ODD[name]], float)])
    made = forecast(panel_of(rows), 3, 2, recipes={"new": "fast"})
    assert np.isfinite(made.mean).all()
    assert np.isfinite(made.quantiles).all()
    assert (made.mean >= 0).all()
    given_names = made.fallback[-1].split("+")
    assert name in given_names or (not name and set(given_names) <= {"", "not_boosted"})
    if name:
        assert made.fallbacks()[name] >= 1
    if name in ("all_zero", "no_data"):
        assert made.quantiles[-1].max() == 0
    if name == "too_short":
        assert made.mean[-1].tolist() == [pytest.approx(10 / 3)] * 3


def test_a_tail_that_is_not_known_still_gives_a_forecast():
    rows = sporadic(30, 36) + 1
    rows[0, -6:] = NAN
    made = forecast(panel_of(rows), 3, 2)
    assert made.fallback[0].startswith("gaps")
    assert made.mean[0].min() > 0


def test_one_series_alone_and_none_at_all():
    alone = forecast(panel_of(np.array([[0, 2, 0, 0, 5, 1] * 4])), 2, 3)
    assert alone.quantiles.shape[:2] == (1, 2)
    assert np.isfinite(alone.cumulative).all()
    nothing = forecast(panel_of(np.zeros((0, 24))), 2)
    assert nothing.quantiles.shape == (0, 2, len(nothing.levels))


@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e9, 1e14])
def test_a_forecast_follows_the_unit(factor: float):
    rows = np.vstack([sporadic(40, 36), 50 + sporadic(10, 36)])
    made = forecast(panel_of(rows * factor), 3, 2)
    base = forecast(panel_of(rows), 3, 2)
    np.testing.assert_allclose(made.mean / factor, base.mean, rtol=1e-3, atol=1e-9)
    assert np.isfinite(made.quantiles).all()
    limit = 21 * rows.max(axis=1, keepdims=True) * factor * 2
    assert (made.cumulative <= limit).all()


@pytest.mark.parametrize("window", [0, -1, NAN, None])
def test_a_window_that_is_not_given_falls_back_to_the_horizon_and_says_so(window: float | None):
    panel = panel_of(sporadic(12, 30))
    windows = None if window is None else [window] + [2] * 11
    made = forecast(panel, 5, windows)
    assert made.windows[0] == 5
    assert ("no_window" in made.fallback[0]) == (window is not None)
    assert "no_window" not in made.fallback[1]


def test_a_window_can_be_longer_than_the_horizon():
    made = forecast(panel_of(sporadic(12, 30)), 2, 6.2)
    assert made.windows.tolist() == [7] * 12
    assert made.mean.shape == (12, 2)
    np.testing.assert_allclose(made.cumulative_mean, 3.5 * made.mean.sum(axis=1))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"horizon": 0}, ValueError), ({"windows": [1, 2]}, ValueError),
        ({"levels": [0.5, 0.1]}, ValueError), ({"levels": [0, 0.5]}, ValueError),
        ({"recipes": {"smooth": "magic"}}, KeyError), ({"recipes": {"magic": "fast"}}, KeyError),
    ],
)  # fmt: skip
def test_what_a_caller_gets_wrong_is_refused(wrong: dict, error: type[Exception]):
    with pytest.raises(error):
        forecast(panel_of(sporadic(3, 20)), **{"horizon": 2} | wrong)


def test_stock_must_be_a_number_for_every_series():
    made = forecast(panel_of(sporadic(3, 20)), 2)
    for stock in ([1, 2], [1, 2, NAN]):
        with pytest.raises(ValueError, match="stock"):
            made.stock_out_probability(np.array(stock, float))


def test_demand_censored_by_empty_shelves_is_forecast_higher_than_zeros():
    rows = np.tile([4.0, 5, 6, 5], (20, 9)) + sporadic(20, 36) * 0.2
    rows[:, 28:] = 0
    gone = np.zeros(rows.shape, bool)
    gone[:, 28:] = True
    panel = panel_of(rows)
    masked = Panel(panel.ids, panel.periods, panel.values, "MS", gone)
    read_as_zero, read_right = (forecast(p, 4, 4, calibrated=False) for p in (panel, masked))
    # what was sold before the shelves were empty is the truth here: 5 a month
    assert abs(read_right.mean - 5).mean() < 0.5 < abs(read_as_zero.mean - 5).mean()
    assert read_right.fallbacks()["stock_out"] == 20


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_demand_gives_a_lawful_forecast(data: st.DataObject):
    value = st.one_of(
        st.just(0.0), st.just(NAN), st.integers(-5, 50).map(float), st.floats(0, 1e12)
    )
    width = data.draw(st.integers(1, 30))
    rows = data.draw(
        st.lists(st.lists(value, min_size=width, max_size=width), min_size=1, max_size=4)
    )
    panel = panel_of(np.array(rows))
    recipes = {"smooth": "intermittent", "erratic": "intermittent"}
    made = forecast(panel, 3, 2, recipes=recipes, levels=LEVELS)
    assert np.isfinite(made.quantiles).all()
    assert (made.quantiles >= 0).all()
    assert (np.diff(made.quantiles, axis=2) >= 0).all()
    same(made, forecast(panel, 3, 2, recipes=recipes, levels=LEVELS, chunk=1))


def test_what_was_learned_once_serves_again(many: tuple):
    panel, windows, made = many
    same(made, forecast(panel, 6, windows, levels=LEVELS, learned=made.learned))
    part = panel.take(slice(100, 140))
    again = forecast(part, 6, windows[100:140], levels=LEVELS, learned=made.learned)
    np.testing.assert_array_equal(again.cumulative, made.cumulative[100:140])
