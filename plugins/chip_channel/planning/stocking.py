"""What to have in stock now: the policy that a back-test measures, at its last column."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chip_channel.planning import backtest, policy
from chip_channel.planning.panel import Panel
from chip_channel.planning.simulate import Floats, Terms


@dataclass(frozen=True)
class Stocking:
    """Per item (n,), in the order of the panel; quantities in pieces."""

    level: Floats
    """Order-up-to level S, in whole pieces where demand is."""
    mean: Floats
    """Expected demand over lead time + review."""
    scale: Floats
    """Typical error of it."""
    classes: np.ndarray[Any, Any]
    method: np.ndarray[Any, Any]
    """Method and forecast, as `quantile on recent`."""
    knob: float
    """−log10 of the probability of running out, shared by all items."""
    replayed_fill: float
    """What that gave on the replayed periods."""
    fallbacks: dict[str, int]
    """Items by what was mended or replaced, of demand and of terms."""

    @property
    def safety_stock(self) -> Floats:
        """S − mean; below 0 where a level does not even cover the mean."""
        return self.level - self.mean


def stocking(
    panel: Panel,
    terms: Terms,
    fill: float,
    *,
    replayed: int | None = None,
    recipes: Mapping[str, str] | None = None,
    value: Floats | None = None,
    lost_sales: bool = False,
) -> Stocking:
    """Levels for now, with the method and the knob that served best in the latest periods.

    `replayed`: latest periods to replay, by default one year; forecasts are made at their origins
    and at those of the year before, which teach how wrong they are. `fill` from 0 to 1. A panel of
    fewer than 4 periods gets no replay: ValueError, as from `backtest.prepare`.
    """
    year = 12 if panel.freq == "MS" else 52
    periods = len(panel.periods)
    span = replayed or year
    made = backtest.prepare(
        panel, terms, fill, measured=span, first=max(periods - 2 * span, 1), recipes=recipes,
        value=value, lost_sales=lost_sales,
    )  # fmt: skip
    latest = policy.replay(
        made.demand, made.outlooks, terms, fill, slice(made.first, periods), made.start,
        made.value, lost_sales,
    )  # fmt: skip
    classes = made.outlooks["recipes"].classes[:, periods]
    few = made.outlooks["recipes"].counted[:, periods]
    outlook = np.where(few, policy.DEFAULTS[True], policy.DEFAULTS[False]).astype("<U12")
    method = np.full(len(panel), "quantile", dtype="<U12")
    for name, setting in latest.settings.items():
        here = classes == name
        outlook[here], method[here] = setting.outlook, setting.method

    def now(name: str) -> Floats:
        columns = [getattr(one, name)[:, periods] for one in made.outlooks.values()]
        at = [outlook == name for name in made.outlooks]
        return np.nan_to_num(np.select(at, columns, 0.0))

    return Stocking(
        policy.dynamic(latest, made.outlooks, periods)(latest.knob)[:, periods],
        now("mean"), now("scale"), classes,
        np.char.add(np.char.add(method, " on "), outlook),
        latest.knob, latest.fill, made.outlooks["recipes"].fallbacks | terms.mended,
    )  # fmt: skip
