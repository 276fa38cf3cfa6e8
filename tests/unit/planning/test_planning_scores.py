"""Scores by hand."""

import numpy as np
import pytest
from chip_channel.planning import scores

NAN = np.nan
PAST = np.array([[NAN, 1.0, 3.0, 2.0, 6.0]])
"""Changes 2, 1, 4: mean 7/3, mean square 7."""
ACTUAL = np.array([[4.0, 8.0]])
MEAN = np.array([[5.0, 5.0]])


def test_mase_scales_the_absolute_error_by_the_change_of_the_history():
    assert scores.mase(ACTUAL, MEAN, PAST, 1) == pytest.approx([2 / (7 / 3)])


def test_rmsse_scales_the_squared_error():
    assert scores.rmsse(ACTUAL, MEAN, PAST, 1) == pytest.approx([np.sqrt(5 / 7)])


def test_a_season_compares_with_the_period_a_season_before():
    assert scores.mase_scale(PAST, 2) == pytest.approx([(1 + 3) / 2])


def test_a_history_that_never_changes_has_no_scale():
    assert np.isnan(scores.mase(ACTUAL, MEAN, np.ones((1, 5)), 1)).all()


def test_periods_that_are_not_known_are_left_out():
    actual = np.array([[4.0, NAN]])
    assert scores.mase(actual, MEAN, PAST, 1) == pytest.approx([1 / (7 / 3)])
    assert scores.bias(actual, MEAN) == pytest.approx(0.25)
    assert scores.coverage(actual, MEAN - 1, MEAN + 1) == 1.0


def test_smape_counts_nothing_where_both_are_zero():
    assert scores.smape(np.array([[0.0, 2.0]]), np.array([[0.0, 6.0]])) == pytest.approx([0.5])


def test_owa_of_the_reference_itself_is_one():
    other = np.array([[6.0, 6.0]])
    assert scores.owa(ACTUAL, other, other, PAST, 1) == pytest.approx(1)
    by_size = np.mean([2 / 9, 6 / 13]) / np.mean([4 / 10, 4 / 14])
    assert scores.owa(ACTUAL, MEAN, other, PAST, 1) == pytest.approx(0.5 * (by_size + 2 / 2))


def test_pinball_weighs_too_little_by_the_level_and_too_much_by_the_rest():
    loss = scores.pinball(np.array([10.0]), np.array([[8.0, 15.0]]), np.array([0.9, 0.9]))
    assert loss == pytest.approx(np.array([[1.8, 0.5]]))


def test_wql_of_zeros_is_one_on_even_levels():
    levels = np.arange(1, 10) / 10
    actual = np.array([[0.0, 3.0], [1.0, NAN]])
    assert scores.wql(actual, np.zeros((2, 2, 9)), levels) == pytest.approx(1)
    assert scores.wql(actual, np.repeat(actual[..., None], 9, 2), levels) == pytest.approx(0)
    assert np.isnan(scores.wql(0 * actual, np.zeros((2, 2, 9)), levels))


def test_brier_and_its_skill_over_the_base_rate():
    happened, said = np.array([True, False, False, False]), np.array([0.7, 0.1, 0.2, 0.0])
    assert scores.brier(happened, said) == pytest.approx((0.09 + 0.01 + 0.04) / 4)
    assert scores.brier_skill(happened, said) == pytest.approx(1 - 0.035 / 0.1875)
    assert scores.brier_skill(happened, np.full(4, 0.25)) == pytest.approx(0)


def test_coverage_of_true_counts_is_nominal_though_they_jump():
    from scipy.stats import nbinom

    levels = np.arange(1, 200) / 200
    law = nbinom(0.7, 0.4)
    seen = law.rvs(20_000, random_state=3).astype(float)
    quantiles = np.broadcast_to(law.ppf(levels), (len(seen), len(levels)))
    for share in (0.8, 0.95):
        assert scores.covered(seen, quantiles, levels, share).mean() == pytest.approx(
            share, abs=0.01
        )
    assert scores.coverage(seen, quantiles[:, 19], quantiles[:, -20]) > 0.85
