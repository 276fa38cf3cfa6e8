"""Proposals: by hand, and what must hold whatever the numbers are."""

import numpy as np
import pytest
from chip_channel.planning.allocate import fair_share, normal
from chip_channel.planning.explain import sentences
from chip_channel.planning.replenish import FACTORS, Lines, Proposals, propose
from chip_channel.planning.transfer import transfers
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm


def lines(n: int, **given: object) -> Lines:
    zero = np.zeros(n)
    values: dict[str, object] = dict.fromkeys(
        ("on_hand", "on_order", "backlog", "reserved", "history", "market_index", "lifecycle",
         "level", "moq"), zero
    ) | {"scale": zero + 10, "spq": zero + 1, "weight": zero + 1, "cap": zero + np.nan,
         "part": np.full(n, "AX1"), "dealer": np.array([f"d{i}" for i in range(n)]),
         "region": np.full(n, "south")}  # fmt: skip
    return Lines(**(values | given))  # type: ignore[arg-type]


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def by_factor(made: Proposals, line: int = 0) -> dict[str, int]:
    return {k: int(v[line]) for k, v in made.contributions.items() if v[line]}


def test_a_proposal_by_hand() -> None:
    made = propose(
        lines(1, on_hand=array(260), on_order=array(100), backlog=array(30), reserved=array(20),
              history=array(500), market_index=array(50), lifecycle=array(-20), level=array(640),
              moq=array(200), spq=array(100))
    )  # fmt: skip
    assert made.quantity.tolist() == [400]  # 640 − 310 = 330, in packs of 100
    assert made.safety_stock.tolist() == [640 - 530]
    assert by_factor(made) == {
        "history": 500, "market_index": 50, "lifecycle": -20, "safety_stock": 110,
        "position": -310, "rounding": 70,
    }  # fmt: skip


def test_under_an_end_of_life_cap_packs_are_rounded_down() -> None:
    made = propose(lines(2, level=array(640, 640), cap=array(550, 90), on_hand=array(0, 0),
                         spq=array(100, 100), part=np.array(["A", "B"])))  # fmt: skip
    assert made.quantity.tolist() == [500, 0]
    assert by_factor(made) == {"safety_stock": 640, "cap": -90, "rounding": -50}


def test_what_lies_too_much_elsewhere_moves_before_anything_is_ordered() -> None:
    made = propose(lines(2, on_hand=array(500, 0), level=array(100, 250), spq=array(100, 100)))
    assert made.moves.giver.tolist() == [0]
    assert made.moves.taker.tolist() == [1]
    assert made.moves.quantity.tolist() == [300]
    assert made.quantity.tolist() == [0, 0]
    assert by_factor(made, 1) == {"safety_stock": 250, "transfer": -250}


def test_pieces_promised_to_customers_do_not_move() -> None:
    made = propose(lines(2, on_hand=array(500, 0), reserved=array(450, 0), on_order=array(400, 0),
                         level=array(100, 250)))  # fmt: skip
    assert made.moves.quantity.tolist() == [50]


def test_the_same_region_gives_first_then_the_greatest_excess() -> None:
    moves = transfers(
        part=np.zeros(4, int), region=np.array([0, 1, 0, 0]), excess=np.array([30, 90, 50, 0]),
        need=np.array([0, 0, 0, 120]), spq=np.full(4, 10),
    )  # fmt: skip
    assert list(zip(moves.giver, moves.quantity, strict=True)) == [(2, 50), (0, 30), (1, 40)]


def test_forbidden_moves_do_not_happen() -> None:
    cost = np.array([[0, np.inf], [1, 0]])
    moves = transfers(np.zeros(2, int), np.array([0, 1]), np.array([5, 0]), np.array([0, 5]),
                      np.ones(2, int), cost)  # fmt: skip
    assert not len(moves.quantity)


def test_shortage_makes_running_out_equally_probable() -> None:
    mean, scale, position = array(100, 200, 50), array(10, 40, 5), array(20, 60, 0)
    got = fair_share(np.zeros(3, int), np.array([500, 500, 500]), np.array([270]), position,
                     normal(mean, scale), np.ones(3), np.ones(3, int))  # fmt: skip
    chance = norm.sf(position + got, mean, scale)
    assert got.sum() == 270
    assert np.ptp(chance) < 0.05  # a piece is up to 4 % of the narrowest line


def test_a_tier_of_weight_two_runs_out_half_as_often() -> None:
    mean, scale = np.full(2, 1e5), np.full(2, 1e4)
    got = fair_share(np.zeros(2, int), np.full(2, 10**6), np.array([210_000]), np.zeros(2),
                     normal(mean, scale), array(1, 2), np.ones(2, int))  # fmt: skip
    chance = norm.sf(got, mean, scale)
    assert chance[0] == pytest.approx(2 * chance[1], rel=1e-3)


@st.composite
def shortages(draw: st.DrawFn) -> dict[str, np.ndarray]:
    n, parts = draw(st.integers(1, 7)), draw(st.integers(1, 3))

    def whole(low: int, high: int, size: int = n) -> np.ndarray:
        return np.array(draw(st.lists(st.integers(low, high), min_size=size, max_size=size)))

    part, packs = whole(0, parts - 1), whole(1, 12, parts)
    return {
        "part": part, "need": whole(0, 60), "supply": whole(0, 150, parts),
        "position": whole(-20, 40) * 1.0, "mean": whole(0, 60) * 1.0, "scale": whole(0, 20) * 1.0,
        "weight": whole(1, 3) * 1.0, "spq": packs[part],
    }  # fmt: skip


@settings(deadline=None)
@given(case=shortages())
def test_allocation_is_the_supply_to_the_piece(case: dict[str, np.ndarray]) -> None:
    got = fair_share(
        case["part"], case["need"], case["supply"], case["position"],
        normal(case["mean"], case["scale"]), case["weight"], case["spq"],
    )  # fmt: skip
    parts = len(case["supply"])
    asked = np.bincount(case["part"], case["need"], parts)
    assert (np.bincount(case["part"], got, parts) == np.minimum(asked, case["supply"])).all()
    assert (got >= 0).all()
    assert (got <= case["need"]).all()
    # at most the needs that are no packs themselves and one more per part open a pack
    broken = (got % case["spq"] != 0) & (got != case["need"])
    assert (np.bincount(case["part"], broken, parts) <= 1).all()


@settings(deadline=None)
@given(case=shortages(), region=st.lists(st.integers(0, 2), min_size=7, max_size=7))
def test_transfers_take_what_is_spare_and_give_what_is_needed(
    case: dict[str, np.ndarray], region: list[int]
) -> None:
    n, part, spq = len(case["part"]), case["part"], case["spq"]
    spare = np.where(np.arange(n) % 2, case["need"], 0)
    need = np.where(np.arange(n) % 2, 0, case["need"])
    moves = transfers(part, np.array(region[:n]), spare, need, spq)
    assert (moves.quantity > 0).all()
    assert (part[moves.giver] == part[moves.taker]).all()
    assert (moves.quantity % spq[moves.giver] == 0).all()
    assert (moves.given(n) <= spare).all()
    assert (moves.received(n) < need + spq).all()
    # nothing is left that could still move
    packs_left, still = (spare - moves.given(n)) // spq, need - moves.received(n) > 0
    for one in np.unique(part):
        here = part == one
        assert not ((packs_left > 0) & here).any() or not (still & here).any()


VALUES = st.floats(-50, 900) | st.just(float("nan")) | st.just(float("inf"))


@settings(deadline=None, max_examples=60)
@given(data=st.data(), n=st.integers(1, 6), short=st.booleans())
def test_contributions_add_up_to_the_proposal(data: st.DataObject, n: int, short: bool) -> None:
    def column(values: st.SearchStrategy[float] = VALUES) -> np.ndarray:
        return np.array(data.draw(st.lists(values, min_size=n, max_size=n)), dtype=float)

    names = ("on_hand", "on_order", "backlog", "reserved", "history", "market_index", "lifecycle",
             "level", "scale", "moq", "cap", "weight")  # fmt: skip
    part = np.array(data.draw(st.lists(st.sampled_from(["A", "B"]), min_size=n, max_size=n)))
    given_lines = lines(n, part=part, spq=np.where(part == "A", 10.0, 7.0),
                        **{name: column() for name in names})  # fmt: skip
    supply = {"A": data.draw(st.integers(0, 400))} if short else None
    made = propose(given_lines, supply)
    assert (sum(made.contributions.values()) == made.quantity).all()
    assert tuple(made.contributions) == FACTORS
    assert (made.quantity >= 0).all()
    if supply is None:
        assert (made.quantity % given_lines.spq == 0).all()
    else:
        assert made.quantity[part == "A"].sum() <= supply["A"]
    text = sentences(given_lines, made)
    assert text.null_count().sum_horizontal().item() == 0


def test_a_sentence_says_what_and_why_in_both_languages() -> None:
    given_lines = lines(1, on_hand=array(2600), history=array(5200), market_index=array(-300),
                        level=array(6000), spq=array(1000))  # fmt: skip
    row = sentences(given_lines, propose(given_lines)).row(0, named=True)
    assert row["sentence_en"] == (
        "Order 4,000 pieces of AX1 for d0: +5,200 expected from the sales history over lead time "
        "and review, −300 for the market index, +1,100 safety stock, −2,600 for what is on hand and "
        "on order, less backlog and reservations, +600 to fit MOQ and SPQ."
    )
    assert row["sentence_zh"].startswith("建议 d0 订购 AX1 共 4,000 片：按销售历史预计")
    nothing = sentences(lines(1), propose(lines(1))).row(0, named=True)
    assert nothing["sentence_en"] == "Order no AX1 for d0: no demand is expected."


def test_what_is_missing_is_counted() -> None:
    made = propose(lines(3, on_hand=array(np.nan, 1, -2), level=array(5, 5, np.inf)))
    assert made.mended == {"on_hand": 2, "level": 1}
