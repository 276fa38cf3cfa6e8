"""The simulator against hand-computed runs, the textbook, and identities that always hold."""

import numpy as np
import pytest
from chip_channel.planning.simulate import Terms, order_quantity, simulate
from hypothesis import given, settings
from hypothesis import strategies as st

PIECES = st.integers(0, 12).map(float)


def one(demand: list[float], level: float, terms: Terms, **more: object):
    shape = (1, len(demand))
    return simulate(np.array([demand]), np.full(shape, level), terms, **more)


def test_a_run_by_hand_in_backorder_mode() -> None:
    # level 5, lead time 1: 2 are sold, then 4, then nothing, then 6
    run = one([2, 4, 0, 6], 5.0, Terms.of(1, lead_time=1))
    assert run.orders.tolist() == [[0, 2, 4, 0]]
    assert run.receipts.tolist() == [[0, 0, 2, 4]]
    assert run.shipped.tolist() == [[2, 3, 1, 5]]  # the third ships what the second lacked
    assert run.short.tolist() == [[0, 1, 0, 1]]
    assert run.backlog.tolist() == [[0, 1, 0, 1]]
    assert run.closing.tolist() == [[3, 0, 1, 0]]


def test_a_run_by_hand_with_lost_sales() -> None:
    run = one([2, 4, 0, 6], 5.0, Terms.of(1, lead_time=1), lost_sales=True)
    assert run.orders.tolist() == [[0, 2, 3, 0]]
    assert run.shipped.tolist() == [[2, 3, 0, 5]]
    assert run.short.tolist() == [[0, 1, 0, 1]]


def test_measures_by_hand() -> None:
    measured = one([2, 4, 0, 6], 5.0, Terms.of(1, lead_time=0)).measures()
    # lead time 0: 5 there before every demand; mean stock 4, 3, 5, 2.5 (one is short)
    assert measured.stock == pytest.approx((4 + 3 + 5 + 2.5) / 4)
    assert measured.fill == pytest.approx(1 - 1 / 12)
    assert measured.turnover == pytest.approx((2 + 4 + 0 + 5) * 12 / 4 / ((4 + 3 + 5 + 2.5) / 4))
    assert measured.orders == 2


def test_dead_stock_is_what_had_no_demand_for_half_a_year() -> None:
    demand = np.zeros((2, 12))
    demand[0, 5] = 1.0  # silent from then on: six silent months at the end
    demand[1, 6] = 1.0
    run = simulate(demand, np.full((2, 12), [[3.0], [5.0]]), Terms.of(2, 0))
    assert run.measures().dead_share == pytest.approx(3 / 8)  # both filled up again


def test_excess_is_what_exceeds_a_year_of_demand() -> None:
    demand = np.full((1, 24), 1.0)
    run = simulate(demand, np.full((1, 24), 17.0), Terms.of(1, 0))
    assert run.measures(start=12).excess_share == pytest.approx((16 - 12) / 16)


def test_no_order_goes_out_after_the_last_buy_nor_above_the_cap() -> None:
    run = one([3] * 6, 10.0, Terms.of(1, 0, last_order=2))
    assert run.orders.tolist() == [[0, 3, 3, 0, 0, 0]]
    cap = np.array([[99.0, 99, 9, 9, 9, 9]])
    run = one([3] * 6, 10.0, Terms.of(1, 0, spq=4), cap=cap)
    # 7 there, 3 wanted, 4 come; then 8 there and 2 wanted, of which 1 has room: no pack
    assert run.orders.tolist() == [[0, 4, 0, 4, 0, 4]]
    run = one([3] * 6, 10.0, Terms.of(1, 0, spq=4, moq=8), cap=cap)
    assert run.orders.tolist() == [[0, 8, 0, 0, 0, 0]]


def test_s_and_big_s_order_only_at_the_reorder_point() -> None:
    run = one([3] * 5, 10.0, Terms.of(1, 0), reorder=np.full((1, 5), 4.0))
    assert run.orders.tolist() == [[0, 0, 6, 0, 6]]


def test_orders_go_out_in_review_periods_only() -> None:
    run = one([1] * 7, 5.0, Terms.of(1, 0, review=3))
    assert np.flatnonzero(run.orders[0]).tolist() == [3, 6]


@settings(max_examples=25, deadline=None)
@given(demand=st.lists(PIECES, min_size=3, max_size=25), level=PIECES, lead=st.integers(0, 4))
def test_net_stock_is_the_level_less_the_demand_of_the_lead_time(
    demand: list[float], level: float, lead: int
) -> None:
    """Zipkin 2000, Foundations of Inventory Management, 6.2: IL(t) = S − D(t − L, t]."""
    run = one(demand, level, Terms.of(1, lead))
    wanted = [level - sum(demand[max(t - lead, 0) : t + 1]) for t in range(len(demand))]
    assert (run.closing - run.backlog)[0].tolist() == wanted


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, Terms, bool]:
    n, periods = draw(st.integers(1, 4)), draw(st.integers(1, 15))
    numbers = st.lists(PIECES, min_size=n * periods, max_size=n * periods)
    demand, level = (np.array(draw(numbers)).reshape(n, periods) for _ in range(2))
    terms = Terms.of(
        n, draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)), draw(st.integers(1, 3)),
        draw(st.integers(0, 5)), draw(st.sampled_from([0, 1, 4])),
    )  # fmt: skip
    return demand, level, terms, draw(st.booleans())


@settings(deadline=None)
@given(case=cases())
def test_nothing_appears_or_disappears(case: tuple[np.ndarray, np.ndarray, Terms, bool]) -> None:
    demand, level, terms, lost = case
    run = simulate(demand, level, terms, lost_sales=lost)
    np.testing.assert_allclose(run.opening + run.receipts - run.shipped, run.closing, atol=1e-9)
    np.testing.assert_allclose(run.opening[:, 1:], run.closing[:, :-1], atol=1e-9)
    before = np.pad(run.backlog, ((0, 0), (1, 0)))[:, :-1]
    if lost:
        assert not run.backlog.any()
        np.testing.assert_allclose(demand - run.short, run.shipped, atol=1e-9)
    else:
        np.testing.assert_allclose(before + demand - run.shipped, run.backlog, atol=1e-9)
    for values in (run.opening, run.receipts, run.shipped, run.short, run.orders, run.closing):
        assert (values >= 0).all()
    pack = np.where(terms.spq > 0, terms.spq, 1.0)[:, None]
    assert (run.orders % pack == 0).all()
    assert ((run.orders == 0) | (run.orders >= terms.moq[:, None])).all()
    for i, lead in enumerate(terms.lead_time):
        late = np.pad(run.orders[i], (int(lead), 0))[: demand.shape[1]]
        np.testing.assert_allclose(run.receipts[i], late)


@settings(deadline=None)
@given(case=cases())
def test_a_capped_position_stays_below_the_cap(
    case: tuple[np.ndarray, np.ndarray, Terms, bool],
) -> None:
    demand, level, terms, lost = case
    cap = np.maximum(level - 2, 0)
    run = simulate(demand, level, terms, cap=cap, lost_sales=lost)
    ordered = run.orders > 0
    assert (run.position + run.orders <= cap + 1e-9)[ordered].all()


@given(need=st.integers(-5, 40), moq=st.integers(0, 20), spq=st.sampled_from([1, 5, 7]))
def test_an_order_is_the_least_that_suits(need: int, moq: int, spq: int) -> None:
    made = order_quantity(*(np.array([float(x)]) for x in (need, moq, spq)))[0]
    fitting = [q for q in range(0, 100, spq) if q >= max(need, moq)]
    assert made == (fitting[0] if need > 0 else 0)


def test_impossible_terms_are_mended_and_counted() -> None:
    terms = Terms.of(5, [2, np.nan, -1, 0, 4], review=[1, 0, 1, 1, 1], moq=[0, 0, 0, -5, 0],
                     spq=[np.nan, 1, 1, 1, 1], last_order=[np.nan, 3, np.nan, np.nan, 0])  # fmt: skip
    assert terms.lead_time.tolist() == [2, 2, 2, 0, 4]
    assert terms.mended == {"lead_time": 2, "review": 1, "moq": 1, "spq": 1}
    assert Terms.of(2, np.nan, default_lead_time=3).lead_time.tolist() == [3, 3]
    with pytest.raises(ValueError, match="lead_time"):
        Terms.of(3, [1, 2])


def test_bad_demand_counts_as_none() -> None:
    run = one([np.nan, -4, np.inf, 2], 3.0, Terms.of(1, 0))
    assert run.demand.tolist() == [[0, 0, 0, 2]]
    assert np.isfinite(run.closing).all()
    empty = simulate(np.zeros((0, 4)), np.zeros((0, 4)), Terms.of(0))
    assert np.isnan(empty.measures().fill)
