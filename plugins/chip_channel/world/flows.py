"""What the simulation finds out: arrays of pairs, demand, shipments, returns and stock."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from chip_channel.world.catalogue import Catalogue
from chip_channel.world.spec import WorldSpec


@dataclass(frozen=True)
class Pairs:
    """Dealer x part: arrays of shape (pairs,), sorted by dealer, then part."""

    dealer: np.ndarray
    part: np.ndarray
    parent: np.ndarray  # the pair it buys from, or -1 for the vendor
    unit: np.ndarray  # smallest quantity sold, pieces
    mean_day: np.ndarray  # mean pieces asked for per day when mature, sub-dealers' share included
    own_day: np.ndarray  # the same from end customers alone
    dead: np.ndarray
    second: np.ndarray  # share kept in the second store
    consigned: np.ndarray


@dataclass
class Demand:
    """Lines that end customers ask for, sorted by day, then pair: arrays of shape (lines,)."""

    day: np.ndarray
    pair: np.ndarray
    qty: np.ndarray
    sample: np.ndarray
    back_lag: np.ndarray  # days until a return or cancellation, 0 for none
    back_qty: np.ndarray
    cancel: np.ndarray
    customer: np.ndarray  # index into Customers
    filled: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.filled = np.zeros(len(self.day), dtype=bool)


@dataclass(frozen=True)
class Shipments:
    """Vendor to dealer (or parent to sub-dealer, then order, ship and arrival are one day)."""

    pair: np.ndarray
    ordered: np.ndarray
    shipped: np.ndarray
    arrived: np.ndarray
    qty: np.ndarray


@dataclass(frozen=True)
class Returns:
    """Dealer to vendor: arrays of shape (returns,)."""

    pair: np.ndarray
    day: np.ndarray
    qty: np.ndarray
    rotation: np.ndarray  # slow stock that may go back by contract; else faulty goods


@dataclass(frozen=True)
class Flows:
    """All that happened."""

    spec: WorldSpec
    catalogue: Catalogue
    pairs: Pairs
    demand: Demand
    vendor: Shipments
    transfers: Shipments
    returns: Returns
    opening: np.ndarray  # shape (pairs,), on hand before the first day
    on_hand: np.ndarray  # shape (days, pairs), at the end of each day
