"""Order-up-to levels: how much should be on hand and on order, for each item and period.

Two methods, each with one knob, on each of four forecasts (recipes, recent, blend, steady):

- `quantile`: the demand over lead time + review that is not exceeded with a probability. For smooth
  and erratic items mean + scale × pooled quantile of scaled errors (scaled conformal prediction),
  for those that are counted in few pieces a negative binomial.
- `cover`: expected demand over lead time + review, plus some periods of it.

Which serves a class better is not known beforehand, so a replay on earlier periods chooses, at
equal fill within the class. The knob of the whole stays one: the probability of running out. Equal
probabilities put the stock where it serves most, if all pieces cost the same to hold and to miss
(the newsvendor's condition); equal fill in each class would not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chip_channel.planning import negative_binomial
from chip_channel.planning.roll import YEAR, Outlook
from chip_channel.planning.simulate import Floats, Terms, simulate

Levels = Callable[[float], Floats]
"""Knob -> order-up-to levels (n, T + 1), pieces, which do not fall when the knob rises."""
Method = Callable[[Outlook], Levels]


def quantile(outlook: Outlook) -> Levels:
    """Knob: −log10 of the probability that demand over the window exceeds the level (2 is 1 %)."""
    rows, columns = np.nonzero(outlook.counted & np.isfinite(outlook.mean))
    unit = outlook.unit[rows, columns]
    mean, ratio = outlook.mean[rows, columns] / unit, outlook.ratio[rows, columns]

    def levels(knob: float) -> Floats:
        level = 1 - 10.0**-knob
        made = outlook.mean + outlook.scale * outlook.error_quantile(level)
        wanted = np.full((len(mean), 1), level)
        made[rows, columns] = negative_binomial.quantiles(mean, ratio, wanted)[:, 0] * unit
        return np.maximum(np.nan_to_num(made), 0.0)

    return levels


def cover(outlook: Outlook) -> Levels:
    """Knob: periods of expected demand beyond lead time + review."""
    per_period = outlook.mean / outlook.window[:, None]
    return lambda knob: np.maximum(np.nan_to_num(outlook.mean + knob * per_period), 0.0)


METHODS: dict[str, tuple[Method, Floats]] = {
    "quantile": (quantile, np.geomspace(0.02, 5.0, 30)),
    "cover": (cover, np.concatenate([-np.geomspace(4, 0.1, 8), [0], np.geomspace(0.1, 40, 20)])),
}
"""Method and the knobs that a replay tries."""
Curves = tuple[Floats, Floats, Floats]
"""Knobs (K,), and by class (K, classes) the stock and the demand not served that they gave."""
DEFAULTS = {True: "blend", False: "recipes"}
"""The forecast for demand that is counted in few pieces, and for other …"""
YOUNG = "recent"
"""… and for all while fewer than two seasons are known: a trend or season is then a guess."""
ENOUGH = 2.0
"""Windows of lead time + review that a replay has to measure before it may prefer anything: within
one, most of what was ordered has not arrived."""
_WORTH = 0.05
"""Another method must save this share of the stock before it takes the place of the default."""


@dataclass(frozen=True)
class Setting:
    """What a replay chose for a class: the method, the forecast, and its knob for each of all."""

    method: str
    outlook: str
    shared: Floats
    """Rising knobs of `quantile` …"""
    own: Floats
    """… and the knob of this method that gave the class the same fill."""
    gain: float
    """Stock of the method that is the default for the class ÷ stock of this one, at equal fill."""
    default: tuple[str, str]
    """Method and forecast that the class has unless another wins."""
    tried: Mapping[tuple[str, str], tuple[float, float]]
    """Method and forecast -> own knob at the knob of the whole, and gain."""

    def knob(self, shared: float) -> float:
        """Its own knob for the knob of the whole."""
        return float(np.interp(shared, self.shared, self.own))


@dataclass(frozen=True)
class Replay:
    """Settings by class, and the knob that gave the wanted fill on the replayed periods."""

    settings: Mapping[str, Setting]
    knob: float
    fill: float
    """What it gave there: less than was wanted where no knob was enough."""


def replay(
    demand: Floats,
    outlooks: Mapping[str, Outlook],
    terms: Terms,
    fill: float,
    periods: slice,
    start: int,
    value: Floats | None = None,
    lost_sales: bool = False,
) -> Replay:
    """Try every method and knob on `periods` of `demand` (n, T), measured from `start` on.

    Below ENOUGH windows nothing but the knob is learned. Classes are those at the end of `periods`,
    `fill` from 0 to 1, `value` (n,) per piece. Items without demand before `start` do not count: no
    policy could have had them in stock. Columns after `periods` are not read.
    """
    seen = demand[:, :start].sum(axis=1) > 0
    worth = np.where(seen, 1.0 if value is None else value, 0.0)
    first = outlooks["recipes"]
    names, group = np.unique(first.classes[:, periods.stop], return_inverse=True)
    asked = np.bincount(group, worth * demand[:, start : periods.stop].sum(axis=1), len(names))
    counted = np.bincount(group, first.counted[:, periods.stop], len(names)) * 2 > np.bincount(
        group
    )
    tried: dict[tuple[str, str], Curves] = {}
    measured = slice(start - periods.start, None)

    def by_class(pieces: Floats) -> Any:
        return np.bincount(group, worth * pieces[:, measured].sum(axis=1), len(names))

    for method, (build, knobs) in METHODS.items():
        for name, outlook in outlooks.items():
            levels = build(outlook)
            runs = (
                simulate(demand[:, periods], levels(knob)[:, periods], terms.since(periods.start),
                         lost_sales=lost_sales)
                for knob in knobs
            )  # fmt: skip
            found = np.array([(by_class(run.stock), by_class(run.short)) for run in runs])
            tried[method, name] = knobs, found[:, 0], found[:, 1]
    usual = [("quantile", _default(bool(few), first, periods.stop)) for few in counted]
    window = float(np.median(terms.window)) if len(terms.window) else 1.0
    enough = periods.stop - start >= ENOUGH * window
    return _settle(names, usual, tried, asked, fill, _WORTH if enough else np.inf)


def dynamic(replayed: Replay, outlooks: Mapping[str, Outlook], column: int) -> Levels:
    """What the replay chose, per class at `column`; knob as in `quantile`.

    A class that was not there to be replayed has its default.
    """
    classes, few = outlooks["recipes"].classes[:, column], outlooks["recipes"].counted[:, column]
    used = {(s.method, s.outlook) for s in replayed.settings.values()}
    usual = {kind: _default(kind, outlooks["recipes"], column) for kind in DEFAULTS}
    used |= {("quantile", name) for name in usual.values()}
    built = {(m, o): METHODS[m][0](outlooks[o]) for m, o in used}

    def levels(knob: float) -> Floats:
        made = {kind: built["quantile", name](knob) for kind, name in usual.items()}
        out = np.where(few[:, None], made[True], made[False])
        for name, setting in replayed.settings.items():
            here = classes == name
            out[here] = built[setting.method, setting.outlook](setting.knob(knob))[here]
        return out

    return levels


def _default(counted: bool, outlook: Outlook, known: int) -> str:
    """The forecast of a class that nothing else was found for, with so many periods known."""
    return YOUNG if known < 2 * YEAR[outlook.freq] else DEFAULTS[counted]


def _settle(
    names: Any,
    usual: Sequence[tuple[str, str]],
    tried: Mapping[tuple[str, str], Curves],
    asked: Any,
    fill: float,
    worth: float,
) -> Replay:
    settings: dict[str, Setting] = {}
    shared = METHODS["quantile"][1]
    short = np.zeros(len(shared))
    for c, key in enumerate(usual):
        short += tried[key][2][:, c]
    whole = np.maximum.accumulate(1 - short / max(asked.sum(), 1e-9))
    knob = float(np.interp(fill, whole, shared))
    for c, (name, key) in enumerate(zip(names.tolist(), usual, strict=True)):
        wanted = np.minimum.accumulate(tried[key][2][:, c])
        gains, own = {}, {}
        for other, (knobs, stock, missing) in tried.items():
            served = -np.minimum.accumulate(missing[:, c])
            own[other] = shared if other == key else np.interp(-wanted, served, knobs)
            if other[0] == "quantile":
                # a probability too: what served alike where it counts stays as far from the shared
                # one elsewhere, where few periods leave too little unserved to tell knobs apart
                own[other] = shared + float(np.interp(knob, shared, own[other])) - knob
            held = np.interp(np.interp(knob, shared, own[other]), knobs, stock[:, c])
            usually = np.interp(knob, shared, tried[key][1][:, c])
            reached = served[-1] >= -np.interp(knob, shared, wanted) - 1e-9
            gains[other] = usually / held if reached and held > 0 else 0.0
        best = max(gains, key=lambda k: gains[k])
        best = best if gains[best] > 1 + worth else key
        each = {k: (float(np.interp(knob, shared, own[k])), float(gains[k])) for k in tried}
        settings[name] = Setting(*best, shared, own[best], gains[best], key, each)
    return Replay(settings, knob, float(np.interp(knob, shared, whole)))
