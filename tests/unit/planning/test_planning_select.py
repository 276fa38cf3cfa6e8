"""Recipes are chosen by what matters for stock, and only when they win clearly."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from chip_channel.planning.panel import Panel, calendar
from chip_channel.planning.select import SCHEMA, SelectionError, chosen, select


def _panel(values: np.ndarray) -> Panel:
    ids = [f"s{i}" for i in range(len(values))]
    return Panel(ids, calendar(np.datetime64("2020-01-01"), values.shape[1], "MS"), values, "MS")


@pytest.fixture(scope="module")
def sporadic() -> Panel:
    rng = np.random.default_rng(8)
    return _panel(rng.poisson(rng.gamma(0.6, 0.8, (200, 1)), (200, 40)).astype(float))


@pytest.fixture(scope="module")
def tried(sporadic: Panel) -> pl.DataFrame:
    candidates = {"intermittent": ("zero", "mean"), "lumpy": ("zero",)}
    return select(sporadic, 4, 3, 12, candidates, {"intermittent": "zero"}, origins=2)


def test_zeros_lose_although_their_absolute_error_is_the_least(
    tried: pl.DataFrame, sporadic: Panel
):
    rows = tried.filter(pl.col("demand_class") == "intermittent")
    by_name = {row["recipe"]: row for row in rows.to_dicts()}
    assert chosen(tried)["intermittent"] == "mean"
    assert by_name["mean"]["gain"] > 2 * by_name["mean"]["gain_error"] > 0
    assert by_name["zero"]["bias"] == -1
    assert by_name["zero"]["gain"] == 0


def test_the_table_says_what_was_known_and_keeps_its_columns(tried: pl.DataFrame, sporadic: Panel):
    assert dict(tried.schema) == SCHEMA
    assert set(tried["chosen_at"]) == {sporadic.periods[-1].item()}
    assert set(tried["origins"]) == {2}
    assert (
        tried.group_by("demand_class").agg(pl.col("chosen").sum())["chosen"].to_list()
        == [1] * tried["demand_class"].n_unique()
    )


def test_a_draw_changes_nothing(sporadic: Panel):
    same = select(sporadic, 4, 3, 12, {"intermittent": ("intermittent_plain", "mean")},
                  {"intermittent": "intermittent_plain"}, origins=2)  # fmt: skip
    kept = same.filter("chosen").to_dicts()[0]
    other = same.filter(~pl.col("chosen")).to_dicts()[0]
    assert kept["recipe"] == "intermittent_plain" or kept["gain"] > 2 * kept["gain_error"]
    assert kept["incumbent"] or not other["chosen"]


def test_a_selection_can_be_stored_and_loaded_again(tried: pl.DataFrame, tmp_path: Path):
    tried.write_parquet(tmp_path / "selection.parquet")
    again = pl.read_parquet(tmp_path / "selection.parquet")
    assert chosen(again) == chosen(tried)


def test_a_table_that_is_no_selection_is_refused(tried: pl.DataFrame):
    for wrong, says in (
        (tried.drop("chosen"), "lacks chosen"),
        (tried.with_columns(chosen=True), "two chosen"),
        (tried.with_columns(recipe=pl.lit("magic")).unique("demand_class"), None),
    ):
        if says:
            with pytest.raises(SelectionError, match=says):
                chosen(wrong)
    with pytest.raises(SelectionError, match="magic"):
        chosen(tried.filter("chosen").with_columns(recipe=pl.lit("magic")))


def test_without_enough_history_nothing_is_chosen():
    assert chosen(select(_panel(np.ones((3, 10))), 4)) == {}
