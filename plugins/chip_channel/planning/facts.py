"""What is known of series beside their demand: family, lifecycle dates, the market index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chip_channel.planning.market import Index
from chip_channel.planning.panel import Day

_BY_SERIES = ("family", "launched", "last_buy", "last_ship")


@dataclass(frozen=True, eq=False)
class Facts:
    """Arrays (n,) in the order of the panel; None where nothing is known of any series."""

    family: Any = None
    """Names; "" where there is none."""
    launched: Any = None
    """Dates, here and below nat where there is none."""
    last_buy: Any = None
    last_ship: Any = None
    index: Index | None = None
    origin: Day | None = None
    """Day by which the index must have been published; by default the first after the panel."""
    support: int | None = None
    """Periods over which demand falls to nothing after the last shipment; by default a year."""

    def families(self, n: int) -> np.ndarray[Any, Any]:
        """(n,) names as text."""
        if self.family is None:
            return np.full(n, "")
        return np.array([str(name or "") for name in self.family], np.str_)

    def take(self, series: Any) -> Facts:
        """Those of some series: a mask (n,) or positions."""
        given = {name: getattr(self, name) for name in _BY_SERIES}
        return replace(
            self, **{k: np.asarray(v)[series] for k, v in given.items() if v is not None}
        )
