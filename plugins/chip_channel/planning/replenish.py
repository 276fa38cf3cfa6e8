"""What to order: from position and expected demand to a proposal, and what each factor adds to it.

A proposal is built in steps, each a whole number of pieces; a factor's contribution is its step
minus the one before. So the contributions add up to the proposal, to the piece.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chip_channel.planning.allocate import Quantile, fair_share, normal
from chip_channel.planning.simulate import Floats, Ints, order_quantity
from chip_channel.planning.transfer import Transfers, transfers

FACTORS = (
    "history", "market_index", "lifecycle", "safety_stock", "cap", "position", "covered",
    "transfer", "rounding", "allocation",
)  # fmt: skip
"""In the order in which they apply. `position` is what is there already, taken off; `covered` takes
back what would make the proposal negative."""
REPAIRS = ("on_hand", "on_order", "backlog", "reserved", "history", "market_index", "lifecycle",
           "level", "scale", "moq", "spq", "weight")  # fmt: skip


@dataclass(frozen=True)
class Lines:
    """One dealer's stock of one part each; arrays (n,), quantities in pieces."""

    part: npt.NDArray[np.str_]
    dealer: npt.NDArray[np.str_]
    region: npt.NDArray[np.str_]
    on_hand: Floats
    on_order: Floats
    backlog: Floats
    reserved: Floats
    history: Floats
    """Demand expected over lead time + review, from the sales history alone."""
    market_index: Floats
    """What the market index adds to it."""
    lifecycle: Floats
    """What launch or phase-out add to it."""
    level: Floats
    """Order-up-to level S; level − (history + market index + lifecycle) is the safety stock."""
    scale: Floats
    """Typical error of the expected demand."""
    moq: Floats
    spq: Floats
    cap: Floats
    """Most that may be on hand and on order: limit of the stage, remaining demand; nan: none."""
    weight: Floats
    """Of the tier, for sharing out; 1 is usual."""


@dataclass(frozen=True)
class Proposals:
    """What is proposed, per line (n,), in whole pieces."""

    quantity: Ints
    position: Ints
    safety_stock: Ints
    level: Ints
    contributions: dict[str, Ints]
    """Factor -> (n,); they add up to `quantity`."""
    moves: Transfers
    mended: dict[str, int]
    """Lines by what was missing or impossible, and counted as 0 (weight: 1)."""


def propose(
    lines: Lines,
    supply: dict[str, float] | None = None,
    stock_for: Quantile | None = None,
    cost: Floats | None = None,
) -> Proposals:
    """Proposals for all lines at once.

    position = on hand + on order − backlog − reserved; need = min(level, cap) − position; transfers
    from lines of the same part that have more than level and cap allow; order = max(MOQ, rest) in
    SPQ, rounded down where the cap demands it; and where `supply` (part -> pieces) is less than
    what is ordered of a part, a fair share, see `fair_share`. `stock_for`: distribution of demand
    over lead time + review, by default normal with `scale`. `cost`: see `transfers`; regions in
    alphabetical order. Values that are missing, infinite or negative are mended and counted.
    """
    given, mended = _mended(lines)
    zero = np.zeros(len(lines.part), np.int64)
    parts, part = np.unique(lines.part, return_inverse=True)
    region = np.unique(lines.region, return_inverse=True)[1]
    expected = given["history"], given["market_index"], given["lifecycle"]
    level = np.ceil(given["level"] - 1e-9).astype(np.int64)
    cap = np.where(np.isfinite(lines.cap), np.floor(np.maximum(lines.cap, 0) + 1e-9), np.inf)
    capped = np.minimum(level, cap).astype(np.int64)
    position = np.rint(
        given["on_hand"] + given["on_order"] - given["backlog"] - given["reserved"]
    ).astype(np.int64)
    need = np.maximum(capped - position, 0)
    free = np.floor(given["on_hand"] - given["backlog"] - given["reserved"])
    excess = np.maximum(np.minimum(position - capped, free), 0).astype(np.int64)
    spq = np.rint(given["spq"]).astype(np.int64)
    moves = transfers(part, region, excess, _in_packs(need, cap - position, spq), spq, cost)
    received = moves.received(len(part))
    rest = np.maximum(need - received, 0)
    room = np.asarray(cap - position - received, dtype=float)
    packs = np.maximum(spq, 1)
    ordered = order_quantity(rest.astype(float), np.ceil(given["moq"]), packs * 1.0, room)
    wanted = ordered.astype(np.int64)
    allotted = wanted
    if supply is not None:
        mean = expected[0] + expected[1] + expected[2]
        there = np.array([supply.get(str(name), np.inf) for name in parts], dtype=float)
        asked = np.bincount(part, wanted, len(parts))
        least = np.floor(np.minimum(np.maximum(np.nan_to_num(there, posinf=np.inf), 0), asked))
        allotted = fair_share(
            part, wanted, least.astype(np.int64), (position + received).astype(float),
            stock_for or normal(mean, given["scale"]), given["weight"], packs,
        )  # fmt: skip
    steps = [
        zero, np.rint(expected[0]), np.rint(expected[0] + expected[1]), np.rint(sum(expected)),
        level, capped, capped - position, need, need - np.minimum(received, need), wanted, allotted,
    ]  # fmt: skip
    whole = [np.asarray(step).astype(np.int64) for step in steps]
    return Proposals(
        allotted, position, level - whole[3], level,
        {name: whole[k + 1] - whole[k] for k, name in enumerate(FACTORS)}, moves, mended,
    )  # fmt: skip


def _in_packs(need: Ints, room: Floats, spq: Ints) -> Ints:
    """Need rounded up to packs, or down where the room does not suffice."""
    pack = np.maximum(spq, 1)
    up = -(-need // pack) * pack
    return np.where(up <= room, up, need // pack * pack)


def _mended(lines: Lines) -> tuple[dict[str, Floats], dict[str, int]]:
    """Finite values by name, and how many lines each had to be mended for."""
    signed = ("market_index", "lifecycle")
    values: dict[str, Floats] = {}
    counts: dict[str, int] = {}
    for name in REPAIRS:
        raw: Any = np.asarray(getattr(lines, name), dtype=float)
        good = np.isfinite(raw) & ((raw >= 0) | (name in signed))
        values[name] = np.where(good, raw, 1.0 if name == "weight" else 0.0)
        if not good.all():
            counts[name] = int((~good).sum())
    return values, counts
