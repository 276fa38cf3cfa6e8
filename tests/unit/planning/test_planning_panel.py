"""Demand as a matrix: what a missing row means, what a missing value means."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from chip_channel.planning.panel import Panel, PanelError, calendar, from_frame, read

NAN = np.nan
ROWS = pl.DataFrame(
    {
        "series": ["a", "a", "a", "b"],
        "date": [date(2025, 1, 15), date(2025, 1, 20), date(2025, 4, 1), date(2025, 2, 28)],
        "quantity": [3, 4, 5, 7],
    }
)


def test_rows_of_one_month_are_added_and_months_without_rows_are_zero():
    panel = from_frame(ROWS, "MS")
    assert panel.ids.tolist() == ["a", "b"]
    assert panel.periods.astype(str).tolist() == [
        "2025-01-01",
        "2025-02-01",
        "2025-03-01",
        "2025-04-01",
    ]
    np.testing.assert_array_equal(panel.values, [[7, 0, 0, 5], [NAN, 7, 0, 0]])
    assert not panel.censored.any()


def test_a_series_whose_reports_stopped_has_an_unknown_tail():
    panel = from_frame(ROWS, "MS", tail="unknown")
    np.testing.assert_array_equal(panel.values[1], [NAN, 7, NAN, NAN])


def test_the_panel_can_end_later_than_its_last_row_or_earlier():
    assert from_frame(ROWS, "MS", until=date(2025, 6, 9)).values[0].tolist() == [7, 0, 0, 5, 0, 0]
    assert from_frame(ROWS, "MS", until="2025-02-28").values[0].tolist() == [7, 0]


def test_an_empty_quantity_is_unknown_and_beside_known_rows_a_lower_bound():
    rows = pl.DataFrame(
        {
            "series": ["a"] * 4,
            "date": [date(2025, 1, 6), date(2025, 1, 13), date(2025, 1, 15), date(2025, 1, 20)],
            "quantity": [1.0, None, 2.0, 4.0],
        }
    )
    weekly = from_frame(rows, "W")
    assert weekly.periods.astype(str).tolist() == ["2025-01-06", "2025-01-13", "2025-01-20"]
    assert weekly.values.tolist() == [[1, 2, 4]]
    assert weekly.censored.tolist() == [[False, True, False]]
    alone = from_frame(rows.filter(pl.col("quantity").is_null() | (pl.col("quantity") != 2)), "W")
    np.testing.assert_array_equal(alone.values, [[1, NAN, 4]])


def test_weeks_begin_on_monday_whatever_the_year():
    weeks = calendar(np.datetime64("2024-12-31"), 3, "W")
    assert weeks.astype(str).tolist() == ["2024-12-30", "2025-01-06", "2025-01-13"]
    assert calendar(np.datetime64("1969-12-31"), 1, "W").astype(str).tolist() == ["1969-12-29"]


def test_slices_by_time_keep_the_mask():
    panel = from_frame(ROWS.with_columns(out=pl.col("quantity") == 5), "MS", censored="out")
    assert panel.until("2025-02-15").values.tolist()[0] == [7, 0]
    cut = panel.between("2025-02-01", "2025-04-01")
    assert cut.values[0].tolist() == [0, 0, 5]
    assert cut.censored[0].tolist() == [False, False, True]
    assert cut.ahead(2).astype(str).tolist() == ["2025-05-01", "2025-06-01"]
    assert panel.first().tolist() == [0, 1]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_file_gives_the_same_panel_as_its_rows(tmp_path: Path, suffix: str):
    path = tmp_path / f"demand.{suffix}"
    getattr(ROWS, f"write_{suffix}")(path)
    np.testing.assert_array_equal(read(path, "MS").values, from_frame(ROWS, "MS").values)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (ROWS.drop("quantity"), "column quantity is missing; there are series, date"),
        (ROWS.with_columns(quantity=pl.lit("x")), "column quantity is String, no quantity"),
        (ROWS.with_columns(date=pl.lit(3)), "column date is Int32, no date"),
        (ROWS.clear(), "there are no rows"),
        (ROWS.with_columns(series=pl.lit(None, pl.String)), "a row has no series or no date"),
    ],
)
def test_rows_that_are_no_demand_are_refused_with_the_file_and_the_column(
    tmp_path: Path, rows: pl.DataFrame, says: str
):
    path = tmp_path / "demand.parquet"
    rows.write_parquet(path)
    with pytest.raises(PanelError) as error:
        read(path, "MS")
    assert str(error.value) == f"{path}: {says}"


@pytest.mark.parametrize("name", ["none.csv", "none.parquet", "demand.xlsx"])
def test_a_file_that_is_not_there_or_of_another_kind_is_named(tmp_path: Path, name: str):
    with pytest.raises(PanelError, match=name):
        read(tmp_path / name, "MS")


@pytest.mark.parametrize(
    "change",
    [
        {"ids": ["a", "a"]},
        {"values": np.zeros((2, 3))},
        {"freq": "D"},
        {"periods": np.array(["2025-01-01", "2025-03-01"], "datetime64[D]")},
        {"values": np.array([[1, np.inf], [0, 0]])},
        {"censored": np.zeros((1, 2), bool)},
    ],
)
def test_a_panel_that_contradicts_itself_is_refused(change: dict):
    good = {
        "ids": ["a", "b"],
        "periods": np.array(["2025-01-01", "2025-02-01"], "datetime64[D]"),
        "values": np.zeros((2, 2)),
        "freq": "MS",
    }
    Panel(**good)
    with pytest.raises(PanelError):
        Panel(**good | change)
