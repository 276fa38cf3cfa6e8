"""From a panel to what models can read: complete, non-negative, each series from its beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from chip_channel.planning.panel import Panel

NO_DATA, RETURNS, GAPS, STOCK_OUT = "no_data", "returns", "gaps", "stock_out"


@dataclass(frozen=True, eq=False)
class History:
    """Demand that a model can read."""

    values: NDArray[np.float64]
    """(n, T) complete and non-negative from `first` on; 0 before."""
    filled: NDArray[np.bool_]
    """(n, T) where a value is an estimate, as it was not known or stock ran out."""
    first: NDArray[np.intp]
    """(n,) where each series begins; T where it has no value at all."""
    reasons: NDArray[np.str_]
    """(n,) what was mended, names joined by +; empty where nothing was."""

    def length(self) -> NDArray[np.intp]:
        """(n,) periods since each series began."""
        return self.values.shape[1] - self.first

    def take(self, series: Any) -> History:
        """Some of the series: a mask (n,), positions or a slice."""
        return History(
            self.values[series], self.filled[series], self.first[series], self.reasons[series]
        )


def prepare(panel: Panel, season_length: int) -> History:
    """Net returns, fill gaps and lift stock-outs, and say where.

    A negative period means that goods sold before came back: it is set against the demand before
    it. A value that is not known gets the mean of the known values within one season around; where
    stock ran out the greater of that and the value, as demand was at least the value.
    """
    first = panel.first()
    values = panel.values.copy()
    begun = np.arange(values.shape[1]) >= first[:, None]
    returned = (values < 0).any(axis=1)
    if returned.any():
        values[returned] = _net(values[returned])
    missing = np.isnan(values) & begun
    short = panel.censored & begun & ~missing
    values[~begun] = 0.0
    filled = missing | short
    touched = filled.any(axis=1)
    if touched.any():
        part = values[touched]
        unsure = filled[touched]
        usual = _around(part, begun[touched] & ~unsure, season_length)
        part = np.where(missing[touched], usual, np.where(unsure, np.fmax(part, usual), part))
        values[touched] = np.nan_to_num(part)
    reasons = join(
        (first >= values.shape[1], NO_DATA),
        (returned, RETURNS),
        (missing.any(axis=1), GAPS),
        (short.any(axis=1), STOCK_OUT),
    )
    return History(values, filled, first, reasons)


def join(*parts: tuple[Any, str] | NDArray[np.str_]) -> NDArray[np.str_]:
    """Names of what is true per series (n,), joined by +; parts may be names joined before."""
    rows = [
        part if isinstance(part, np.ndarray) else np.where(part[0], part[1], "") for part in parts
    ]
    text = rows[0]
    for more in rows[1:]:
        link = np.where((text != "") & (more != ""), "+", "")
        text = np.char.add(np.char.add(text, link), more)
    return text.astype(np.str_)


def origins(periods: int, ahead: int, count: int, least: int) -> tuple[list[int], int]:
    """Numbers of periods known at up to `count` earlier origins, and how far each looks ahead.

    The latest leaves `ahead` periods to compare with – fewer if the panel is short –, the others
    lie a quarter of that earlier each; none knows fewer than `least` periods.
    """
    ahead = min(ahead, max((periods - least) // 2, 0))
    if ahead < 1:
        return [], 0
    step = max(ahead // 4, 1)
    found = [periods - ahead - k * step for k in range(count)]
    return [at for at in found if at >= least], ahead


@njit(cache=True)
def _net(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Set each negative value against the demand before it; what is left over is dropped."""
    out = values.copy()
    for i in range(values.shape[0]):
        owed = 0.0
        for t in range(values.shape[1] - 1, -1, -1):
            if np.isnan(values[i, t]):
                continue
            left = values[i, t] + owed
            owed = min(left, 0.0)
            out[i, t] = max(left, 0.0)
    return out


def _around(
    values: NDArray[np.float64], sure: NDArray[np.bool_], reach: int
) -> NDArray[np.float64]:
    """Mean of the sure values within `reach` periods either side; of all where there is none."""
    reach = min(max(reach, 1), values.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = _moving(np.where(sure, values, 0.0), reach) / _moving(sure.astype(float), reach)
        whole = np.where(sure, values, 0.0).sum(axis=1) / sure.sum(axis=1)
    return np.where(np.isnan(mean), whole[:, None], mean)


def _moving(x: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    total = np.cumsum(np.pad(x, ((0, 0), (reach + 1, reach))), axis=1)
    return total[:, 2 * reach + 1 :] - total[:, : -(2 * reach + 1)]
