"""Demand classes, each by a series whose ADI and CV² are worked out by hand."""

import numpy as np
import pytest
from chip_channel.planning.classify import classify, patterns
from chip_channel.planning.panel import Panel, calendar

NAN = np.nan
STEADY = [10, 12] * 12
CASES = {
    "smooth": STEADY,
    "erratic": [1, 30] * 12,  # CV² = (14.5 / 15.5)² = 0.875
    "intermittent": [0, 5] * 12,  # ADI 2
    "lumpy": [0, 1, 0, 30] * 6,
    "dead": [5] * 12 + [0] * 12,
    "never_sold": [0] * 24,
    "too_short": [NAN] * 17 + [5] * 7,
    "new": [NAN] * 14 + [5] * 10,
}


def _panel(rows: list) -> Panel:
    values = np.array(rows, float)
    ids = [f"s{i}" for i in range(len(rows))]
    return Panel(ids, calendar(np.datetime64("2024-01-01"), values.shape[1], "MS"), values, "MS")


@pytest.mark.parametrize("name", CASES)
def test_each_pattern_has_its_class(name: str):
    launched = np.array(["NaT"], "datetime64[D]")
    if name == "too_short":
        launched = np.array(["2020-01-01"], "datetime64[D]")
    assert classify(_panel([CASES[name]]), launched=launched).tolist() == [name]


def test_adi_counts_known_periods_and_cv2_the_sizes():
    adi, cv2 = patterns(np.array([[NAN, 2, 0, 4, 0], [NAN, 0, 0, 0, 0]]))
    assert adi[0] == 2
    assert cv2[0] == pytest.approx(1 / 9)
    assert np.isnan(cv2[1])


def test_dates_of_the_lifecycle_have_the_last_word():
    panel = _panel([STEADY, STEADY, STEADY])
    launched = np.array(["2025-06-01", "NaT", "2010-01-01"], "datetime64[D]")
    last_buy = np.array(["NaT", "2026-03-01", "NaT"], "datetime64[D]")
    found = classify(panel, launched=launched, last_buy=last_buy)
    assert found.tolist() == ["new", "ending", "smooth"]


def test_a_tail_that_is_not_known_is_not_dead():
    assert classify(_panel([[5.0] * 12 + [NAN] * 12])).tolist() != ["dead"]
