"""Market index and lifecycle: found where they are, refused where they are not, without foresight."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from chip_channel.cli import app
from chip_channel.console import console
from chip_channel.planning.ablate import ARMS, ablate
from chip_channel.planning.factors import Adjustments, adjust, smoothed
from chip_channel.planning.facts import Facts
from chip_channel.planning.market import Index, view
from chip_channel.planning.panel import Panel, calendar
from chip_channel.planning.simulate import Terms
from chip_channel.planning.stages import ENDING, NEW, dates, stages
from chip_channel.planning.verdict import judge
from typer.testing import CliRunner

MONTHS, BEFORE, WINDOW = 60, 24, 4
NAT = np.datetime64("NaT", "D")
PLAIN = dict.fromkeys(("smooth", "erratic", "intermittent", "lumpy", "new"), "intermittent_plain")


def panel(values: np.ndarray) -> Panel:
    ids = np.array([f"s{i:03}" for i in range(len(values))])
    periods = calendar(np.datetime64("2020-01-01"), values.shape[1], "MS")
    return Panel(ids, periods, np.asarray(values, float), "MS")


def month(column: float) -> np.datetime64:
    return (np.datetime64("2020-01") + int(column)).astype("datetime64[D]")


def published(level: np.ndarray, name: str = "pmi") -> Index:
    """Each month on the 15th of the next one."""
    months = np.datetime64("2018-01") + np.arange(len(level))
    return Index.of([name] * len(level), months, level, (months + 1).astype("datetime64[D]") + 14)


def market(seed: int, effect: float = 1.5) -> tuple[Panel, np.ndarray, Index]:
    """Demand of family `a` follows the index after three months, that of `b` does not."""
    rng = np.random.default_rng(seed)
    cycle = np.zeros(MONTHS + BEFORE)
    for t in range(1, len(cycle)):
        cycle[t] = 0.85 * cycle[t - 1] + rng.normal(0, 0.05)
    family = np.array(["a", "b"])[np.arange(40) % 2]
    drive = np.exp(cycle)[np.arange(MONTHS) + BEFORE - 3]
    rate = rng.gamma(2, 20, (40, 1)) * drive ** np.where(family == "a", effect, 0)[:, None]
    return panel(rng.poisson(rate)), family, published(100 * np.exp(cycle))


def made(p: Panel, **given: object) -> Adjustments:
    mean = smoothed(p, np.full(len(p), WINDOW))[:, -1]
    return adjust(p, WINDOW, np.nan_to_num(mean), Facts(**given))  # type: ignore[arg-type]


def test_an_index_is_used_where_it_moves_demand_and_with_its_sign() -> None:
    p, family, index = market(5)
    found = made(p, family=family, index=index)
    a, b = found.used[:2]
    assert (a.segment, a.used, a.reason) == ("a", True, "")
    assert a.gain > 2 * a.gain_error
    assert a.gain > a.placebo_gain
    assert (b.segment, b.used, b.reason) == ("b", False, "no_gain")
    assert not found.market_index[family == "b"].any()
    rising, falling = (
        replace(
            index, value=np.where(index.published > p.periods[-2], index.value * k, index.value)
        )
        for k in (1.3, 0.7)
    )
    assert (made(p, family=family, index=rising).market_index[family == "a"] > 0).all()
    assert (made(p, family=family, index=falling).market_index[family == "a"] < 0).all()


def test_noise_weighs_nothing_and_the_result_says_why() -> None:
    wrong = 0
    for seed in range(12):
        p, family, _ = market(seed)
        noise = np.random.default_rng(seed + 100).normal(0, 0.03, MONTHS + BEFORE)
        found = made(p, family=family, index=published(100 * np.exp(np.cumsum(noise))))
        for use in found.used[:2]:
            assert use.used == (use.reason == "")
            assert use.reason in ("", "no_gain", "placebo_as_good")
            wrong += use.used
    assert wrong <= 1


def test_a_shuffled_index_has_the_same_changes_in_another_order() -> None:
    _, _, index = market(5)
    days = calendar(np.datetime64("2020-01-01"), MONTHS, "MS")
    seen = view(index, "pmi", days)
    rng = [np.random.default_rng(1) for _ in range(2)]
    first, again = (seen.placebos(MONTHS - 1, r) for r in rng)
    np.testing.assert_array_equal(first, again)
    real = seen.changes()
    known = np.isfinite(real[:, 0])
    assert all(abs(np.corrcoef(real[known, 0], x[known, 0])[0, 1]) < 0.9 for x in first)
    assert first[:, known, 0].std() == pytest.approx(real[known, 0].std(), rel=0.5)


def test_what_is_published_after_the_origin_changes_nothing() -> None:
    p, family, index = market(5)
    origin = np.datetime64("2025-01-01")
    late = index.published > origin - 40
    later = Index(
        np.append(index.series, index.series[late]), np.append(index.period, index.period[late]),
        np.append(index.value, index.value[late] * 9),
        np.append(index.published, np.full(late.sum(), origin + 1)),
    )  # fmt: skip
    one, two = (made(p, family=family, index=i, origin=origin) for i in (index, later))
    np.testing.assert_array_equal(one.market_index, two.market_index)
    assert one.used == two.used
    seen = made(p, family=family, index=later, origin=origin + 2)
    assert not np.array_equal(one.market_index, seen.market_index)


def test_earlier_origins_see_the_vintage_of_their_day() -> None:
    index = Index.of(["x"] * 3, np.array(["2020-01", "2020-02", "2020-01"], "datetime64[M]"),
                     [1.0, 2.0, 3.0], np.array(["2020-02-10", "2020-03-10", "2020-03-20"], "datetime64[D]"))  # fmt: skip
    seen = view(index, "x", np.array(["2020-02-01", "2020-03-01", "2020-03-15", "2020-04-01"], "datetime64[D]"))  # fmt: skip
    assert seen.newest.tolist() == [-1, 0, 1, 1]
    assert seen.level[2, 1] / seen.level[2, 0] == pytest.approx(2)
    assert seen.level[3, 1] / seen.level[3, 0] == pytest.approx(2 / 3)


def test_a_settled_verdict_is_followed_and_not_judged_again() -> None:
    p, family, index = market(5)
    judged = made(p, family=family, index=index)
    assert judged.market_index[family == "a"].any()
    facts, mean = Facts(family, index=index), smoothed(p, np.full(len(p), WINDOW))[:, -1]
    same = adjust(p, WINDOW, mean, facts, settled=judged.used)
    assert same.used == judged.used
    np.testing.assert_array_equal(same.market_index, judged.market_index)
    refused = [replace(use, used=False, reason="no_gain") for use in judged.used]
    assert not adjust(p, WINDOW, mean, facts, settled=refused).market_index.any()
    late = Facts(family, index=index.until(month(MONTHS - 12)))
    stopped = adjust(p, WINDOW, mean, late, settled=judged.used)
    assert {use.reason for use in stopped.used if use.segment == "a"} == {"index_stopped"}
    assert not stopped.market_index.any()


def test_a_factor_is_judged_by_the_forecasts_that_were_made() -> None:
    """Forecasts that knew the index already leave nothing to it; the stand-in would."""
    p, family, index = market(5)
    mean = smoothed(p, np.full(len(p), WINDOW))
    assert made(p, family=family, index=index).used[0].used
    total = np.lib.stride_tricks.sliding_window_view(p.values, WINDOW, axis=1).sum(axis=2)
    perfect = mean.copy()
    perfect[:, : total.shape[1]] = np.where(np.isfinite(mean[:, : total.shape[1]]), total, np.nan)
    knew = adjust(p, WINDOW, mean[:, -1], Facts(family, index=index), earlier=perfect)
    assert not knew.used[0].used


def test_an_index_that_stops_is_not_used() -> None:
    p, family, index = market(5)
    stopped = index.until(np.datetime64("2024-08-01"))
    assert {u.reason for u in made(p, family=family, index=stopped).used[:2]} == {"index_stopped"}
    assert {u.reason for u in made(p, family=family).used[:2]} == {"no_index"}
    short = panel(p.values[:, -14:])
    assert {u.reason for u in made(short, family=family, index=index).used[:2]} <= {
        "too_short", "index_stopped", "no_index"}  # fmt: skip


def launches() -> np.ndarray:
    rng = np.random.default_rng(4)
    curve = np.concatenate([[6, 5, 4, 3, 2], np.ones(MONTHS)])
    start = rng.integers(3, MONTHS - 2, 200)
    age = np.arange(MONTHS) - start[:, None]
    rate = rng.gamma(3, 4, (200, 1)) * curve[np.clip(age, 0, MONTHS)]
    return np.where(age >= 0, rng.poisson(rate), 0)


def test_analogs_foresee_launches_better_than_a_run_rate() -> None:
    p = panel(launches())
    mean = smoothed(p, np.full(200, WINDOW))
    found = stages(
        p, np.full(200, WINDOW), mean, np.full(200, ""), dates(p, None, None, None), 12, 12
    )
    at = MONTHS - WINDOW
    total = p.values[:, at:].sum(axis=1)
    new = (found.stage[:, at] == NEW) & np.isfinite(found.expected[:, at])
    assert new.sum() > 10
    error = [np.abs(x[new, at] - total[new]).sum() for x in (found.expected, mean)]
    assert error[0] < 0.7 * error[1]
    used = {use.segment: use for use in made(p).used if use.factor == "lifecycle"}
    assert used["new"].used
    assert used["ending"].reason == "no_parts"


def test_a_launch_that_has_not_sold_yet_expects_that_of_its_family() -> None:
    values = np.vstack([launches(), np.full((1, MONTHS), np.nan)])
    launched = np.append(np.full(200, NAT), month(MONTHS + 1))
    p = panel(values)
    found = made(p, launched=launched)
    assert found.lifecycle[-1] > 0


def endings() -> tuple[Panel, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    last = rng.integers(30, MONTHS + 10, 80)
    rate = rng.gamma(4, 5, (80, 1)) * np.where(np.arange(MONTHS) < last[:, None], 1, 0.3)
    buy = np.array([month(c) for c in last])
    return panel(rng.poisson(rate)), buy, buy + 200


def test_endings_fall_as_earlier_ones_did_and_caps_are_never_below_zero() -> None:
    p, buy, ship = endings()
    found = made(p, last_buy=buy, last_ship=ship)
    use = next(u for u in found.used if u.segment == "ending")
    assert use.used
    known = np.isfinite(found.cap)
    assert known.any()
    assert (found.cap[known] >= 0).all()
    mean = smoothed(p, np.full(80, WINDOW))[:, -1]
    assert (mean + found.market_index + found.lifecycle >= -1e-9).all()
    assert (mean + found.lifecycle <= np.where(known, found.cap, np.inf) + 1e-9).all()
    long_gone = made(p, last_buy=buy - 3000, last_ship=ship - 3000)
    assert long_gone.cap[np.isfinite(long_gone.cap)].max() == 0


def test_an_end_with_half_its_dates_says_what_it_assumed() -> None:
    p, buy, ship = endings()
    none = np.full(len(p), NAT)
    assert made(p, last_buy=buy).fallbacks["no_last_ship"] == 80
    assert made(p, last_buy=none, last_ship=ship).fallbacks["no_last_buy"] == 80
    assert made(p, last_buy=ship, last_ship=buy).fallbacks["dates_swapped"] == 80


def test_a_second_life_is_a_launch_and_ends_the_first() -> None:
    values = launches()
    values[0] = 0
    values[0, 2:20], values[0, MONTHS - 5 :] = 9, 9
    p = panel(values)
    buy = np.full(200, NAT)
    buy[0] = month(18)
    found = made(p, last_buy=buy, last_ship=buy + 60)
    assert found.fallbacks["second_life"] == 1
    assert np.isnan(found.cap[0])
    when = dates(p, None, buy, buy + 60)
    assert (when.again[0], when.seen[0]) == (MONTHS - 5, MONTHS - 3)
    mean = smoothed(p, np.full(200, WINDOW))
    stage = stages(p, np.full(200, WINDOW), mean, np.full(200, ""), when, 0, 12).stage[0]
    assert stage[20] == ENDING
    assert stage[-1] == NEW


def test_the_same_input_gives_the_same_answer_in_any_order() -> None:
    p, family, index = market(5)
    turned = np.arange(len(p))[::-1]
    one, again = (made(p, family=family, index=index) for _ in range(2))
    np.testing.assert_array_equal(one.market_index, again.market_index)
    back = made(p.take(turned), family=family[turned], index=index)
    np.testing.assert_allclose(back.market_index[turned], one.market_index)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.ones((1, 40)), id="one series"),
        pytest.param(np.zeros((3, 40)), id="all zero"),
        pytest.param(np.full((3, 40), np.nan), id="nothing known"),
        pytest.param(np.ones((3, 1)), id="one period"),
        pytest.param(np.full((2, 30), -5.0), id="returns alone"),
        pytest.param(np.zeros((0, 20)), id="no series"),
    ],
)
def test_odd_data_fall_back_by_name(values: np.ndarray) -> None:
    p, n = panel(values), len(values)
    day = np.full(n, month(20))
    index = Index.of(["x", None, "x"], np.array(["2020-01"] * 3, "datetime64[M]"),
                     [np.nan, 1, -3], np.full(3, month(2)))  # fmt: skip
    mean = np.full(n, np.nan)
    found = adjust(p, np.nan, mean, Facts(None, day, day, day - 99, index))
    for part in (found.market_index, found.lifecycle):
        assert np.isfinite(part).all()
    if n:
        assert found.fallbacks["no_mean"] == n
        assert found.fallbacks["index_rows_dropped"] == 2
    with pytest.raises(ValueError, match="mean"):
        adjust(p, 2, np.zeros(n + 1))


def test_a_gain_is_clear_only_beyond_its_error() -> None:
    before = np.full(24, 4.0)
    assert judge(before, before / 2, 3) == (0.5, 0.0)
    assert judge(before, before / 2, 24)[1] == np.inf


def test_the_factorial_tells_what_each_factor_is_worth() -> None:
    p, family, index = market(5)
    terms = Terms.of(len(p), WINDOW - 1)
    done = ablate(p, terms, Facts(family, index=index), recipes=PLAIN, fill=0.9)
    every = done.rows.filter(group="all", measure="WQL")
    assert set(every["arm"]) >= {arm.name for arm in ARMS}
    alone = every.filter(arm="history").row(0, named=True)
    assert (alone["change"], alone["low"], alone["high"]) == (0, 0, 0)
    effect = every.filter(arm="effect of market_index").row(0, named=True)
    placebo = every.filter(arm="history + placebo (always)").row(0, named=True)
    assert effect["change"] < 0 < placebo["change"]
    assert any("not used for b" in note for note in done.notes)
    assert done.rows.filter(measure="turnover", group="all")["value"].drop_nulls().min() > 0


def test_the_command_prints_what_helps_and_what_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    p, family, index = market(5)
    p = p.take(slice(0, 12))
    pl.DataFrame({
        "series": np.repeat(p.ids, MONTHS), "date": np.tile(p.periods, 12), "quantity": p.values.ravel(),
    }).write_parquet(tmp_path / "demand.parquet")  # fmt: skip
    pl.DataFrame({"series": p.ids, "family": family[:12]}).write_csv(tmp_path / "items.csv")
    pl.DataFrame({
        "series": index.series, "period": index.period.astype("datetime64[D]"),
        "value": index.value, "published_at": index.published,
    }).write_csv(tmp_path / "index.csv")  # fmt: skip
    asked = ["planning", "ablate", "--data", str(tmp_path / "demand.parquet"), "--recipe", "intermittent_plain",
             "--items", str(tmp_path / "items.csv"), "--index", str(tmp_path / "index.csv"), "--no-stock"]  # fmt: skip
    # the console was made at import, with the width of whoever ran the tests
    monkeypatch.setattr(console, "_width", 200)
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "effect of market_index" in done.output
    assert "In use at the last origin" in done.output
    (tmp_path / "index.csv").write_text("series,value\nx,1\n")
    wrong = CliRunner().invoke(app, asked)
    assert wrong.exit_code == 2
    assert "published_at" in wrong.output
