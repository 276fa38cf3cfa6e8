"""Outlooks, policies, peers and the back-test: no look ahead, equal fill, hand-computed levels."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chip_channel.cli import app
from chip_channel.planning import peers, policy
from chip_channel.planning.backtest import ALL, Backtest, EndOfLife, Plan, prepare
from chip_channel.planning.chart import draw
from chip_channel.planning.classify import CLASSES, TOO_SHORT
from chip_channel.planning.panel import Panel, calendar, read
from chip_channel.planning.roll import LEVELS, learn, recent, roll
from chip_channel.planning.simulate import Terms
from chip_channel.settings import ROOT
from scipy.stats import nbinom, norm
from typer.testing import CliRunner

DATA = Path(os.environ.get("CHIP_CHANNEL_TEST_DATA", ROOT.parent / "shared" / "data")) / "demand"
PLAIN = dict.fromkeys((c for c in CLASSES if c != TOO_SHORT), "intermittent_plain")


def panel(values: np.ndarray) -> Panel:
    ids = np.array([f"s{i:03}" for i in range(len(values))])
    periods = calendar(np.datetime64("2020-01-01"), values.shape[1], "MS")
    return Panel(ids, periods, values.astype(float), "MS")


def invented(n: int = 60, periods: int = 48) -> np.ndarray:
    rng = np.random.default_rng(7)
    rate = rng.gamma(1.0, 2.0, (n, 1))
    return rng.poisson(rate, (n, periods)).astype(float)


@pytest.fixture(scope="module")
def made() -> Backtest:
    return prepare(panel(invented()), Terms.of(60, 2, spq=1), 0.9, recipes=PLAIN)


def test_an_outlook_does_not_know_what_comes() -> None:
    values = invented(20, 36)
    changed = values.copy()
    changed[:, 25:] = 99.0
    both = [roll(panel(v), Terms.of(20, 2), first=12, recipes=PLAIN) for v in (values, changed)]
    both += [recent(v, outlook) for v, outlook in zip((values, changed), both, strict=True)]
    for a, b in (both[:2], both[2:]):
        for name in ("mean", "scale", "ratio", "unit", "classes", "counted", "errors"):
            seen = getattr(a, name), getattr(b, name)
            if name == "errors":
                np.testing.assert_array_equal(seen[0][:26], seen[1][:26])
            else:
                np.testing.assert_array_equal(seen[0][:, :26], seen[1][:, :26])
    assert not np.array_equal(both[0].mean[:, 26], both[1].mean[:, 26])


def test_a_replay_does_not_know_what_is_measured(made: Backtest) -> None:
    changed = invented()
    changed[:, made.start :] *= 3
    other = prepare(panel(changed), Terms.of(60, 2, spq=1), 0.9, recipes=PLAIN)
    assert other.replayed.knob == made.replayed.knob
    assert {k: (s.method, s.outlook) for k, s in other.replayed.settings.items()} == {
        k: (s.method, s.outlook) for k, s in made.replayed.settings.items()
    }


@pytest.mark.parametrize(("periods", "forecast"), [(40, "recent"), (54, "blend")])
def test_where_two_seasons_are_not_known_the_recent_level_is_the_default(
    periods: int, forecast: str
) -> None:
    made = prepare(panel(invented(60, periods)), Terms.of(60, 9), 0.9, recipes=PLAIN, measured=20)
    assert {s.default for s in made.replayed.settings.values()} == {("quantile", forecast)}
    if forecast == "recent":  # too few windows to learn anything else from
        plans = made.plans()
        levels = policy.quantile(made.outlooks["recent"])(1.0)
        np.testing.assert_array_equal(plans["dynamic"].levels(1.0)[0], levels)


def test_a_scale_is_the_faded_mean_of_the_errors_known() -> None:
    demand = np.array([[4.0, 6, 5, 9, 2]])
    mean, usual = np.full((1, 6), 10.0), np.full((1, 6), 2.0)
    scale, _ = learn(demand, mean, usual, np.ones((1, 6), bool), np.array([2]), fade=0.5)
    # windows 4+6, 6+5, 5+9, 9+2 against 10: errors 0, 1, 4, 1, known from columns 2, 3, 4, 5 on
    sizes = [0, 1, 4, 1]
    for known in range(1, 5):
        factor = np.mean([s / 2 for s in sizes[:known]])
        weights = [0.5 ** (known - 1 - k) for k in range(known)]
        own = sum(w * s for w, s in zip(weights, sizes, strict=False))
        assert scale[0, known + 1] == pytest.approx((own + 2 * factor * 2) / (sum(weights) + 2))


def test_the_pooled_quantile_is_that_of_all_errors_seen() -> None:
    rng = np.random.default_rng(1)
    n, width = 400, 40
    demand = rng.normal(100, 5, (n, width))
    mean, usual = np.full((n, width + 1), 100.0), np.full((n, width + 1), 5.0)
    few = np.zeros((n, width + 1), bool)
    _, errors = learn(demand, mean, usual, few, np.ones(n, int), fade=1.0)
    for level in (0.5, 0.9, 0.99):
        at = int(np.argmin(np.abs(LEVELS - level)))
        # in mean absolute errors; these are estimated from few at first, which widens the tail
        wanted = norm.ppf(LEVELS[at]) / np.sqrt(2 / np.pi)
        assert errors[-1, at] == pytest.approx(wanted, abs=0.3)


def test_levels_of_counted_demand_are_negative_binomial_quantiles(made: Backtest) -> None:
    outlook = made.outlooks["recent"]
    level = policy.quantile(outlook)(1.0)  # 90 %
    rows = np.flatnonzero(outlook.counted[:, 40])[:10]
    mean, ratio = outlook.mean[rows, 40], np.maximum(outlook.ratio[rows, 40], 1.02)
    assert (outlook.unit[rows, 40] == 1).all()
    assert level[rows, 40].tolist() == nbinom.ppf(0.9, mean / (ratio - 1), 1 / ratio).tolist()


def test_packs_of_thousands_do_not_spread_to_single_pieces() -> None:
    values = invented(30, 40)
    many = values.copy()
    many[::2] *= 1000.0
    alone = recent(
        values[1::2], roll(panel(values[1::2]), Terms.of(15, 2), first=12, recipes=PLAIN)
    )
    mixed = recent(many, roll(panel(many), Terms.of(30, 2), first=12, recipes=PLAIN))
    single, same = alone.ratio[:, 30:], mixed.ratio[1::2, 30:]
    np.testing.assert_allclose(same, single, rtol=0.2)


def test_peers_by_hand() -> None:
    values = np.array([[np.nan, 2, 4, 6, 8]])
    window = np.array([2])
    assert peers.trailing_mean(values, 2).tolist() == [[0, 0, 2, 3, 5, 7]]
    assert peers.cover(values, window, 2, 1.0).tolist() == [[0, 0, 6, 9, 15, 21]]
    most, least = peers.min_max(values, window, 1.0, year=3)
    assert least.tolist() == [[0, 0, 0, 9, 9, 9]]
    assert most.tolist() == [[0, 0, 0, 12, 12, 12]]
    assert peers.foresight(values, window).tolist() == [[2, 6, 10, 14, 8, 0]]


def test_every_policy_is_turned_to_the_same_fill(made: Backtest) -> None:
    rows = made.compare(["dynamic", "quantile", "cover", "cover-6", "cover-12", "min-max"])
    assert [row.measures.fill for row in rows if row.reached] == pytest.approx(
        [0.9] * sum(row.reached for row in rows)
    )
    total = [row for row in rows if row.group == ALL]
    assert all(row.reached for row in total)
    assert len({row.group for row in rows}) == 1 + len(np.unique(made.groups))


def test_perfect_foresight_serves_all_and_turns_fastest(made: Backtest) -> None:
    rows = {row.policy: row.measures for row in made.compare(list(made.plans()), by_class=False)}
    assert rows["foresight"].fill == 1.0
    assert rows["foresight"].turnover == pytest.approx(24.0)
    assert max(m.turnover for name, m in rows.items() if name != "zero") == pytest.approx(24.0)
    assert rows["zero"].fill == 0.0


def test_a_fill_that_cannot_be_reached_is_said(made: Backtest) -> None:
    row = made.solve(Plan("nothing", lambda k: (peers.zero(made.panel.values), None), 0.0, 1.0))
    assert not row.reached


def test_known_last_demands_leave_less_dead_stock() -> None:
    values = invented(80, 60)
    values[:50, 50:] = 0.0
    made = prepare(panel(values), Terms.of(80, 2, spq=1), 0.9, recipes=PLAIN)
    announced = EndOfLife.seen(made.panel)
    last = announced.last
    assert (last[:50] <= 49).all()
    assert (last[50:] == -1).sum() >= 25
    known = replace(made, end_of_life=announced)
    rows = [x.solve(x.plans()["dynamic"]).measures for x in (made, known)]
    assert rows[1].dead_share < 0.65 * rows[0].dead_share
    assert rows[1].turnover > rows[0].turnover


def test_the_cap_is_what_will_still_be_sold() -> None:
    outlook = roll(panel(np.full((1, 30), 4.0)), Terms.of(1, 1), first=12, recipes=PLAIN)
    cap = EndOfLife(np.array([25]), notice=3).cap(outlook)[0]
    assert np.isinf(cap[:22]).all()
    assert cap[22:28] == pytest.approx([16, 12, 8, 4, 0, 0])  # columns 22 to 25 still sell


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.zeros((3, 20)), id="all zero"),
        pytest.param(np.full((3, 20), np.nan), id="nothing known"),
        pytest.param(np.ones((3, 4)), id="four periods"),
        pytest.param(np.full((3, 30), -5.0), id="returns alone"),
        pytest.param(np.zeros((0, 20)), id="no series"),
        pytest.param(np.where(np.eye(3, 30) > 0, 1e12, 0.0), id="one huge sale"),
    ],
)
def test_odd_demand_is_no_crash(values: np.ndarray) -> None:
    terms = Terms.of(len(values), np.nan)
    made = prepare(panel(values), terms, 0.9)
    for row in made.compare(["dynamic", "cover-6", "min-max", "foresight"]):
        assert row.items <= 3
    assert terms.mended == ({"lead_time": 3} if len(values) else {})


def test_too_few_periods_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        prepare(panel(np.ones((2, 3))), Terms.of(2), 0.9)
    with pytest.raises(ValueError, match="fill"):
        prepare(panel(np.ones((2, 30))), Terms.of(2), 1.0)


def test_a_chart_needs_no_network(made: Backtest, tmp_path: Path) -> None:
    rows = made.compare(["dynamic", "cover-6"])
    text = draw(rows, 0.9, tmp_path / "chart.html").read_text()
    assert "https://cdn" not in text
    assert "dynamic" in text
    assert draw(rows, 0.9, tmp_path / "chart.svg").read_text().startswith("<svg")
    with pytest.raises(ValueError, match="chart"):
        draw(rows, 0.9, tmp_path / "chart.txt")


def test_the_command_reads_csv_and_says_what_it_mended(tmp_path: Path) -> None:
    values = invented(6, 36)
    months = calendar(np.datetime64("2020-01-01"), 36, "MS")
    lines = [
        f"s{i},{m},{q}" for i, row in enumerate(values) for m, q in zip(months, row, strict=True)
    ]
    (tmp_path / "demand.csv").write_text("\n".join(["series,date,quantity", *lines]))
    (tmp_path / "items.csv").write_text("series,lead_time\ns0,1\ns1,\n")
    done = CliRunner().invoke(
        app, ["planning", "backtest", "--data", str(tmp_path / "demand.csv"), "--fill", "0.9",
              "--items", str(tmp_path / "items.csv"), "--policy", "dynamic",
              "--recipe", "intermittent_plain", "--end-of-life"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "cover-12" in done.output
    assert "lead_time 5" in done.output
    wrong = CliRunner().invoke(
        app, ["planning", "backtest", "--data", str(tmp_path / "demand.csv"), "--policy", "best"]
    )
    assert wrong.exit_code == 2
    assert "min-max" in wrong.output


@pytest.mark.skipif(not DATA.exists(), reason=f"the demand data sets are not at {DATA}")
def test_on_car_parts_the_policy_turns_faster_than_months_of_cover() -> None:
    whole = read(DATA / "carparts_long.parquet", "MS", series="unique_id", date="ds", quantity="y")
    some = whole.take(slice(0, None, 4))
    made = prepare(some, Terms.of(len(some), 2, spq=1), 0.85, recipes=PLAIN)
    rows = made.compare(["dynamic", "cover-3", "cover-6", "cover-12", "min-max"], by_class=False)
    turnover = {row.policy: row.measures.turnover for row in rows}
    assert turnover["dynamic"] > 1.03 * max(turnover[f"cover-{k}"] for k in (3, 6, 12))
    assert turnover["dynamic"] > 1.8 * turnover["min-max"]
