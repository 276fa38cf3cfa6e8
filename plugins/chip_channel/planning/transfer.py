"""From dealer to dealer before new orders: what lies too much here and is missing there."""

from dataclasses import dataclass

import numpy as np

from chip_channel.planning.simulate import Floats, Ints


@dataclass(frozen=True)
class Transfers:
    """Moves (m,) between lines; `giver` and `taker` are positions of lines."""

    giver: Ints
    taker: Ints
    quantity: Ints
    """Whole packs, in pieces."""

    def received(self, lines: int) -> Ints:
        """(n,) pieces that come to each line."""
        return np.bincount(self.taker, self.quantity, lines).astype(np.int64)

    def given(self, lines: int) -> Ints:
        """(n,) pieces that leave each line."""
        return np.bincount(self.giver, self.quantity, lines).astype(np.int64)


def transfers(
    part: Ints, region: Ints, excess: Ints, need: Ints, spq: Ints, cost: Floats | None = None
) -> Transfers:
    """Cover `need` by `excess` of the same part, in packs of `spq`; all (n,), pieces.

    `part` and `region` are numbers from 0; `cost` (regions, regions) of a move from row to column,
    by default 0 within a region and 1 between two; inf forbids it. Cheapest pairs of regions first,
    within one the greatest excess to the greatest need, the earlier line on a tie. No line gives
    more than its excess; a taker gets at most its need, rounded up to a pack.
    """
    count = int(region.max(initial=-1)) + 1
    price = 1.0 - np.eye(count) if cost is None else np.asarray(cost, dtype=float)
    pack = np.maximum(np.asarray(spq, np.int64), 1)
    spare, wanted = excess // pack, -(-need // pack)
    moves: list[tuple[Ints, Ints, Ints]] = []
    order = np.argsort(price, axis=None, kind="stable")
    for source, target in zip(*np.unravel_index(order, price.shape), strict=True):
        if not np.isfinite(price[source, target]):
            continue
        here = np.flatnonzero((region == source) & (spare > 0))
        there = np.flatnonzero((region == target) & (wanted > 0))
        giver, taker, packs = _matched(part, spare, wanted, here, there)
        np.subtract.at(spare, giver, packs)
        np.subtract.at(wanted, taker, packs)
        moves.append((giver, taker, packs))
    giver, taker, packs = (
        np.concatenate([m[k] for m in moves]) if moves else np.zeros(0, np.int64) for k in range(3)
    )
    return Transfers(giver, taker, packs * pack[taker])


def _matched(
    part: Ints, spare: Ints, wanted: Ints, here: Ints, there: Ints
) -> tuple[Ints, Ints, Ints]:
    """(giver, taker, packs): both sides laid end to end, part by part, and cut at every border."""
    parts = int(part.max(initial=-1)) + 1
    offered = np.bincount(part[here], spare[here], parts)
    asked = np.bincount(part[there], wanted[there], parts)
    both = np.minimum(offered, asked).astype(np.int64)
    gives, until_given = _laid(part, spare, here, both)
    takes, until_taken = _laid(part, wanted, there, both)
    borders = np.union1d(until_given, until_taken)
    borders = borders[borders > 0]
    packs = np.diff(borders, prepend=0)
    return (
        gives[np.searchsorted(until_given, borders)],
        takes[np.searchsorted(until_taken, borders)],
        packs,
    )


def _laid(part: Ints, amount: Ints, lines: Ints, total: Ints) -> tuple[Ints, Ints]:
    """Lines by part, greatest first, and where each ends if a part's lines fill `total` in turn."""
    order = lines[np.lexsort((lines, -amount[lines], part[lines]))]
    group, size = part[order], amount[order]
    before = np.cumsum(size) - size
    first = np.searchsorted(group, group)
    inside = before - before[first] if len(order) else before
    used = np.clip(total[group] - inside, 0, size)
    return order, np.cumsum(used)
