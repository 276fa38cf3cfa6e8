"""What is mended before a model reads it, worked out by hand."""

import numpy as np
from chip_channel.planning.history import join, origins, prepare
from chip_channel.planning.panel import Panel, calendar

NAN = np.nan


def _panel(rows: list, censored: list | None = None) -> Panel:
    values = np.array(rows, float)
    mask = np.zeros((0, 0), bool) if censored is None else np.array(censored, bool)
    ids = [f"s{i}" for i in range(len(rows))]
    periods = calendar(np.datetime64("2024-01-01"), values.shape[1], "MS")
    return Panel(ids, periods, values, "MS", mask)


def test_returned_goods_are_set_against_the_demand_before():
    history = prepare(_panel([[4, 6, 3, -5, 2], [-3, 1, 0, 0, 0]]), 2)
    assert history.values.tolist() == [[4, 4, 0, 0, 2], [0, 1, 0, 0, 0]]
    assert history.reasons.tolist() == ["returns", "returns"]


def test_a_gap_gets_the_mean_of_a_season_around_and_says_so():
    history = prepare(_panel([[NAN, 2, 4, NAN, 6, 8], [1, 1, 1, 1, 1, NAN]]), 2)
    assert history.values.tolist() == [[0, 2, 4, 5, 6, 8], [1, 1, 1, 1, 1, 1]]
    assert history.first.tolist() == [1, 0]
    assert history.reasons.tolist() == ["gaps", "gaps"]


def test_running_out_of_stock_is_not_read_as_no_demand():
    history = prepare(_panel([[6, 6, 0, 6, 9]], [[0, 0, 1, 0, 1]]), 2)
    assert history.values.tolist() == [[6, 6, 6, 6, 9]]
    assert history.reasons.tolist() == ["stock_out"]


def test_a_series_without_any_value_has_no_beginning():
    history = prepare(_panel([[NAN, NAN], [NAN, 3]]), 12)
    assert history.first.tolist() == [2, 1]
    assert history.length().tolist() == [0, 1]
    assert history.reasons.tolist() == ["no_data", ""]


def test_reasons_are_joined():
    yes, no = np.array([True, True]), np.array([False, True])
    assert join((yes, "a"), (no, "b"), np.array(["", "c"])).tolist() == ["a", "a+b+c"]


def test_origins_leave_what_is_looked_at_and_know_enough():
    assert origins(39, 12, 4, least=8) == ([27, 24, 21, 18], 12)
    assert origins(12, 12, 4, least=8) == ([10, 9, 8], 2)
    assert origins(8, 3, 4, least=8) == ([], 0)
