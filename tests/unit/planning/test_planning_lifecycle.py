"""The first and the last order of a part."""

import numpy as np
import pytest
from chip_channel.planning.last_buy import critical_ratio, expected_left_over, last_buy
from chip_channel.planning.launch import aligned, learn, stock_proposal
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_the_last_buy_is_the_newsvendor_quantity() -> None:
    ratio = critical_ratio(price=array(10), cost=array(6), salvage=array(1))
    assert ratio[0] == pytest.approx(4 / 9)
    # overage 5 a piece, underage 4: the least quantity that Poisson demand of 40 does not exceed
    # with probability 4 ÷ 9
    wanted = poisson.ppf(4 / 9, 40)
    made = last_buy(array(40), array(40), ratio, position=array(0))
    assert made.quantity.tolist() == [wanted]


def test_what_is_there_counts_and_packs_are_whole() -> None:
    made = last_buy(array(100, 100), array(100, 100), 0.95, array(60, 500), moq=0, spq=25)
    need = poisson.ppf(0.95, 100) - 60
    assert made.quantity.tolist() == [int(np.ceil(need / 25) * 25), 0]


@pytest.mark.parametrize(("mean", "ratio", "stock"), [(50, 3, 60), (8, 1.5, 4), (300, 10, 250)])
def test_what_is_left_over_agrees_with_a_simulation(
    mean: float, ratio: float, stock: float
) -> None:
    seen = np.random.default_rng(3).gamma(mean / ratio, ratio, 400_000)
    left = expected_left_over(array(mean), array(ratio), array(stock))[0]
    assert left == pytest.approx(np.maximum(stock - seen, 0).mean(), rel=0.02)


def test_missing_prices_and_demand_fall_back_by_name() -> None:
    level = critical_ratio(array(10, np.nan, 10), array(2, 3, 20))
    assert np.isnan(level[1])
    made = last_buy(array(50, 50, np.nan), array(50, 0, 9), level, array(0, np.nan, 0))
    assert made.fallbacks == {"no_price": 1, "no_demand": 1, "no_spread": 1}
    assert made.quantity[2] == 0
    assert made.quantity[1] > 0


def test_launches_are_laid_over_each_other() -> None:
    values = np.array(
        [[0, 0, 5, 7, 1], [3, 3, 3, 3, 3], [0, 0, 0, 0, 2], [np.nan, np.nan, 4, 0, 0]]
    )
    rows, items = aligned(values, 3)
    assert items.tolist() == [0, 2, 3]
    np.testing.assert_array_equal(rows, [[5, 7, 1], [2, np.nan, np.nan], [4, 0, 0]])


def test_analogs_foresee_a_decline_that_the_run_rate_does_not() -> None:
    rng = np.random.default_rng(5)
    size = rng.gamma(2, 10, (300, 1))
    rows = rng.poisson(size * np.array([3, 2, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])).astype(float)
    analogs = learn(rows[:200], seen=3, horizon=6)
    foreseen, came = analogs.forecast(rows[200:, :3]), rows[200:, 3:].sum(axis=1)
    run_rate = rows[200:, :3].mean(axis=1) * 6
    assert foreseen.sum() == pytest.approx(came.sum(), rel=0.05)
    assert np.abs(came - foreseen).sum() < 0.3 * np.abs(came - run_rate).sum()


def test_few_launches_give_their_mean_curve() -> None:
    rows = np.array([[4.0, 2, 2], [8, 4, 4]])
    analogs = learn(rows, 1, 2, np.array(["mcu", "ldo"]))
    assert analogs.model is None
    assert analogs.forecast(np.array([[10.0]])).tolist() == [10.0]  # curve 6, 3, 3
    assert analogs.shape().tolist() == [1.0, 0.5, 0.5]
    # a family of one launch is drawn to the mean of all by the weight of five
    assert analogs.before(np.array(["mcu", "new"])) == pytest.approx(
        np.array([[34 / 6, 17 / 6, 17 / 6], [6, 3, 3]])
    )
    assert analogs.before(np.array([], dtype=str)).shape == (0, 3)
    with pytest.raises(ValueError, match="no earlier launch"):
        learn(np.full((2, 3), np.nan), 1, 2)


def test_a_first_stock_follows_the_dealers_shares() -> None:
    made = stock_proposal(array(95, 10), np.array([[6, 3, 1], [0, 0, np.nan]]), np.array([10, 5]))
    assert made.tolist() == [[60, 30, 10], [5, 5, 0]]


@given(total=st.floats(0, 1e5), spq=st.integers(1, 500),
       share=st.lists(st.floats(0, 10), min_size=1, max_size=8))  # fmt: skip
def test_shares_add_up_to_whole_packs(total: float, spq: int, share: list[float]) -> None:
    made = stock_proposal(array(total), np.array([share]), np.array([spq]))
    assert (made % spq == 0).all()
    assert made.sum() == pytest.approx(np.ceil(total / spq - 1e-9) * spq)
