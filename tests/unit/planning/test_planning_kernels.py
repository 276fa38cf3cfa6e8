"""Compiled models against statsforecast and scipy, which are written by others."""

import numpy as np
import pytest
from chip_channel.planning import intermittent, negative_binomial
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

demand = st.lists(
    st.one_of(st.just(0), st.just(0), st.integers(0, 30), st.just(10**6)), min_size=1, max_size=60
)


@pytest.mark.parametrize("name", ["adida", "imapa", "tsb"])
@settings(max_examples=80, deadline=None)
@given(rows=st.lists(demand, min_size=1, max_size=4))
def test_every_series_is_forecast_as_statsforecast_does(name: str, rows: list[list[int]]):
    from statsforecast.models import ADIDA, IMAPA, TSB

    peer = {"adida": ADIDA(), "imapa": IMAPA(), "tsb": TSB(0.2, 0.1)}[name]
    width = max(map(len, rows))
    first = np.array([width - len(row) for row in rows])
    values = np.array([[0.0] * (width - len(row)) + row for row in rows], float)
    expected = [peer.forecast(np.array(row, float), 1)["mean"][0] for row in rows]
    # both search a smoothing by golden section; on flat errors they end a hair apart
    np.testing.assert_allclose(getattr(intermittent, name)(values, first), expected, rtol=1e-4)


@settings(max_examples=200, deadline=None)
@given(
    mean=st.floats(0.001, 190), ratio=st.floats(1.03, 40),
    levels=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=6),
)  # fmt: skip
def test_quantiles_and_probabilities_are_those_of_scipy(mean: float, ratio: float, levels: list):
    law = nbinom(mean / (ratio - 1), 1 / ratio)
    p = np.sort(levels)
    found = negative_binomial.quantiles(np.array([mean]), np.array([ratio]), p[None])[0]
    # where a level meets a jump to the last digit, either side is right
    assert (law.cdf(found) >= p - 1e-9).all()
    assert (law.cdf(found - 1) <= p + 1e-9).all()
    x = np.array([0.0, 1.0, np.floor(mean), np.floor(3 * mean)])
    below = negative_binomial.cdf(np.full(4, mean), np.full(4, ratio), x)
    np.testing.assert_allclose(below, law.cdf(x), atol=1e-9)


def test_large_means_are_close_to_the_true_quantiles():
    levels = np.array([[0.05, 0.5, 0.95, 0.99]])
    law = nbinom(1000 / 29, 1 / 30)
    found = negative_binomial.quantiles(np.array([1000.0]), np.array([30.0]), levels)
    np.testing.assert_allclose(found[0], law.ppf(levels[0]), rtol=0.01)


def test_without_demand_every_quantile_is_zero():
    found = negative_binomial.quantiles(np.zeros(1), np.ones(1), np.array([[0.5, 0.99]]))
    assert found.tolist() == [[0, 0]]
    assert negative_binomial.cdf(np.zeros(2), np.ones(2), np.array([0.0, -1.0])).tolist() == [1, 0]
