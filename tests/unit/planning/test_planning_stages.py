"""Where a part stands in its life: what is left of its demand, and which first sales teach."""

import numpy as np
import pytest
from chip_channel.planning.panel import Panel, calendar
from chip_channel.planning.stages import dates, lasting, remaining, stages

NAT = np.datetime64("NaT", "D")
MONTHS, WINDOW = 40, 4


def test_demand_is_whole_until_the_last_shipment_and_then_falls_in_a_line() -> None:
    shares = lasting(np.array([1.0, -3.0]), np.arange(7), 4)
    assert shares[0].tolist() == [1, 1, 0.875, 0.625, 0.375, 0.125, 0]
    assert shares[1].tolist() == [0.375, 0.125, 0, 0, 0, 0, 0]
    assert lasting(np.array([1.0]), np.arange(4), 0).tolist() == [[1, 1, 0, 0]]


@pytest.mark.parametrize("left", [0.0, 9.0, -20.0, -60.0])
def test_what_remains_is_the_sum_of_the_shares(left: float) -> None:
    """The closed form: full demand to the end, then a triangle, half of it per period of support."""
    until, whole = remaining(np.array([left, np.nan]), 52)
    full, tail = max(left + 1, 0), min(max(52 + min(left + 1, 0), 0), 52)
    assert until[0] == full + tail
    assert whole[0] == pytest.approx(full + tail**2 / 104, abs=0.01)
    assert np.isnan([until[1], whole[1]]).all()


def test_the_first_sale_of_an_old_part_teaches_nothing_about_launches() -> None:
    """Launches fall after three months; an old part that a dealer begins to sell goes on."""
    rng = np.random.default_rng(3)
    begin = np.concatenate([rng.integers(3, 20, 60), np.full(10, MONTHS - 3)])
    age = np.arange(MONTHS) - begin[:, None]
    fades = np.where(age >= 0, np.where(age < 3, 100.0, 10.0), 0.0)
    steady = np.where(age >= 0, 100.0, 0.0)
    old = np.arange(70) < 40
    values = np.where(old[:, None], steady, fades)
    periods = calendar(np.datetime64("2020-01-01"), MONTHS, "MS")
    panel = Panel(np.array([f"s{i:02}" for i in range(70)]), periods, values, "MS")
    launched = np.where(old, periods[0] - 2000, periods[begin])
    mean = np.full((70, MONTHS + 1), 100.0)

    def expected(launched: np.ndarray) -> np.ndarray:
        when = dates(panel, launched, None, None)
        made = stages(panel, np.full(70, WINDOW), mean, np.full(70, ""), when, 12, 12)
        return np.asarray(made.expected[60:, MONTHS])

    true = 10.0 * WINDOW
    assert expected(launched) == pytest.approx(np.full(10, true), rel=0.1)
    assert (expected(np.full(70, NAT)) > 5 * true).all()
