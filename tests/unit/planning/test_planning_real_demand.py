"""Real demand that nobody here wrote: slices of what the benchmark measures in full."""

import numpy as np
import pytest
from chip_channel.planning import scores
from chip_channel.planning.forecast import forecast
from chip_channel.planning.history import prepare
from chip_channel.planning.recipes import RECIPES, point

from benchmarks import demand

pytestmark = pytest.mark.skipif(
    bool(demand.absent()), reason=demand.absent() or "the data is there"
)
LEVELS = np.arange(1, 10) / 10


def test_car_parts_are_forecast_better_than_by_zeros_and_by_last_year():
    panel = demand.car_parts().take(slice(0, None, 3))
    past, actual = panel.until("2001-03-01"), panel.values[:, -12:]
    made = forecast(past, 12, 3, levels=LEVELS.tolist())
    last_year = np.repeat(np.nan_to_num(past.values[:, -12:])[:, :, None], 9, axis=2)
    ours = scores.wql(actual, made.quantiles, LEVELS)
    assert scores.wql(actual, np.zeros_like(made.quantiles), LEVELS) == pytest.approx(1)
    assert ours < 0.9
    assert scores.wql(actual, last_year, LEVELS) > 1
    assert abs(scores.bias(actual, made.mean)) < 0.1
    total = actual[:, :3].sum(axis=1)
    known = ~np.isnan(total)
    stock = np.full(len(panel), 2.0)
    out = made.stock_out_probability(stock)[known]
    assert scores.brier_skill((total > stock)[known], out) > 0.05
    assert out.mean() == pytest.approx((total > stock)[known].mean(), abs=0.03)


def test_the_fast_lane_beats_the_best_published_forecasts_of_m3():
    m3 = demand.m3()
    some = slice(0, None, 20)
    past = m3.panel.take(some)
    mean, why = point(RECIPES["fast"], prepare(past, 12), 18, 12)
    assert not why.astype(bool).any()
    ours, theirs, naive = (
        scores.owa(m3.test[some], f, m3.published["NAIVE2"][some], past.values, 12)
        for f in (mean, m3.published["ForecastPro"][some], m3.published["NAIVE2"][some])
    )
    assert naive == pytest.approx(1)
    assert ours < theirs + 0.02 < 0.95
