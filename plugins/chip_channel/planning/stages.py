"""What the lifecycle lets expect: parts that begin and parts that end, at every origin.

A part that begins is expected to go on as earlier launches did from where it stands now (`launch`);
before its first sale, as the mean launch of its family. A part that ends is expected at its demand
of the year before the notice × the ratio that earlier endings had by quarter from their last-buy
date on, drawn to its own so far.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from chip_channel.planning.launch import Analogs, aligned, learn
from chip_channel.planning.panel import Panel
from chip_channel.planning.simulate import Floats, Ints, clean

NONE, NEW, ENDING = 0, 1, 2
STAGES = {NEW: "new", ENDING: "ending"}
_LEAST_ANALOGS = 5
_EXPLODES = 4.0
"""A forecast of so many times the greatest own period, in all periods, is clipped."""
_PRIOR = 5.0
"""Endings that "as in the quarter before" counts for."""
_TOP = 5.0
_QUARTERS = 12
"""Of a ramp-down: two before the last-buy date, ten after it; later ones are like the last."""
_BUCKETS = 4
"""Different windows that launches are learned for; others are scaled from the nearest."""
_IMPROBABLE = 6.0
"""Periods with demand that a gap between two lives would otherwise have had."""
_FAR = 5
"""Years ahead that a cap looks."""


@dataclass(frozen=True, eq=False)
class Dates:
    """When parts begin and end, in columns of the panel (n,); nan where not known."""

    begin: Floats
    """First demand of the first life."""
    again: Floats
    """First demand of a second life …"""
    seen: Floats
    """… and the period in which it is known to be one."""
    launched: Floats
    """The launch date, where it is a plausible one."""
    last_buy: Floats
    last_ship: Floats
    over: Floats
    """From which column on a second life makes these void; inf: never."""
    present: np.ndarray[Any, Any]
    """True where the part sold from the first periods on, so that its launch was not seen."""
    fallbacks: dict[str, int]


def dates(panel: Panel, launched: Any, last_buy: Any, last_ship: Any) -> Dates:
    """Read dates (n,) against demand; what contradicts itself is mended and counted.

    A part with two lives – a year of silence in which six periods with demand were due and that three
    such periods followed, or a launch date after a year of silence – begins anew with the first
    demand after it (`second_life`), and an end that was announced before belongs to its first life.
    """
    n, width = panel.values.shape
    demand, year = clean(panel.values) > 0, _year(panel)
    begin = np.where(demand.any(axis=1), demand.argmax(axis=1), np.nan) if width else _nan(n)
    start, buy, ship = (_column(panel, x, n) for x in (launched, last_buy, last_ship))
    gap, hits = _gaps(demand)
    rate = hits / np.maximum(np.arange(width) - np.nan_to_num(begin)[:, None] - gap, 1)
    anew = (gap >= year) & (rate * gap >= _IMPROBABLE)
    # without a date a late sale may be the last one: the third tells
    third = _third(demand)
    anew &= np.isfinite(third)
    told = _inside(start, np.arange(width), gap) & (gap >= year)
    anew |= told
    place = width - 1 - anew[:, ::-1].argmax(axis=1) if width else np.zeros(n, np.int64)
    again = np.where(anew.any(axis=1), place, np.nan)
    row = np.arange(n)
    sure = np.where(told[row, place], place, third[row, place]) if width else _nan(n)
    sure = np.where(np.isnan(again), np.nan, sure)
    start = np.where((start > begin) & (start - begin < year / 4), begin, start)  # samples
    last = width - 1 - demand[:, ::-1].argmax(axis=1) if width else np.zeros(n)
    late = start > np.fmax(begin, again)  # False where nothing was ever sold
    waits = late & (start - last >= year)
    contradicts = late & ~waits
    swapped = ship < buy
    ship = np.where(swapped, buy, ship)
    only_ship, only_buy = np.isnan(buy) & ~np.isnan(ship), np.isnan(ship) & ~np.isnan(buy)
    buy = np.where(only_ship, ship - year / 2, buy)
    ship = np.where(only_buy, buy + year / 2, ship)
    newest = np.fmax(again, np.where(waits, start, np.nan))
    over = np.where(ship < newest, newest, np.inf)
    counts = {
        "second_life": np.isfinite(newest), "launch_after_demand": contradicts,
        "dates_swapped": swapped, "no_last_buy": only_ship, "no_last_ship": only_buy,
    }  # fmt: skip
    return Dates(
        begin, again, sure, np.where(contradicts, np.nan, start), buy, ship, over, begin < 2,
        {name: int(bad.sum()) for name, bad in counts.items() if bad.any()},
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Stages:
    """(n, T + 1) each, from what was known by the origin; nan where a stage does not apply."""

    stage: Ints
    """NONE, NEW or ENDING."""
    expected: Floats
    """Pieces over the window."""
    plain: Floats
    """Demand until the end of sales if it goes on as the history says …"""
    ramped: Floats
    """… and if it falls as earlier endings did."""
    fallbacks: dict[str, int]


def stages(
    panel: Panel, window: Ints, mean: Floats, family: Any, when: Dates, support: int, first: int
) -> Stages:
    """The stage and its expectation at every origin from column `first` on.

    `mean` (n, T + 1): from the history. `support`: periods after the last shipment over which
    demand falls to nothing.
    """
    demand, shape = clean(panel.values), mean.shape
    out = Stages(
        np.zeros(shape, np.int64), np.full(shape, np.nan), np.full(shape, np.nan),
        np.full(shape, np.nan), dict(when.fallbacks),
    )  # fmt: skip
    if shape[0] and shape[1] > 1:
        _new(panel, demand, window, np.asarray(family, np.str_), when, first, out)
        _ending(panel, demand, window, mean, when, support, first, out)
    return out


def lasting(left: Floats, ahead: Ints, support: int) -> Floats:
    """(n, A) share of demand that there still is `ahead` (A,) periods after an origin.

    All of it until the last shipment, `left` (n,) periods after the origin, negative if before it;
    over the `support` periods after that it falls in a line to nothing.
    """
    line = (left[:, None] + support + 0.5 - ahead) / max(support, 1)
    return np.where(ahead <= left[:, None], 1.0, np.clip(line, 0.0, 1.0) * (support > 0))


def remaining(left: Floats, support: int) -> tuple[Floats, Floats]:
    """Periods (n,) in which something is still sold, and how many periods of full demand they make.

    Arguments as in `lasting`; nan where `left` is.
    """
    last = np.nan_to_num(left).max(initial=0.0) + support
    shares = lasting(left, np.arange(int(max(last, 0)) + 1), support)
    known = np.isfinite(left)
    return tuple(np.where(known, x, np.nan) for x in ((shares > 0).sum(axis=1), shares.sum(axis=1)))  # type: ignore[return-value]


def _new(
    panel: Panel, demand: Floats, window: Ints, family: Any, when: Dates, first: int, out: Stages
) -> None:
    width, year = demand.shape[1], _year(panel)
    half = year // 2
    spans = np.unique(np.round(np.quantile(window, np.linspace(0, 1, _BUCKETS))).astype(np.int64))
    span = spans[np.abs(window[:, None] - spans).argmin(axis=1)]
    ages = np.array([1, 2, 3, 4, 6, 8, 10, 12]) if year == 12 else np.r_[1, 2, np.arange(4, 53, 6)]
    # a dealer's first sale of a part that was launched long before is no launch
    launch = ~(when.begin - when.launched > year)
    learned: dict[tuple[int, int, int], Analogs | None] = {}
    for t in range(max(first, 1), width + 1):
        cut = width - -(-(width - t) // half) * half  # learned twice a year
        life = np.where(when.seen < t, when.again, when.begin)
        age = np.where(life < t, t - life, np.nan)
        dated = np.where(when.launched <= t, t - when.launched, np.nan)
        sells = (life >= when.launched) & (life < t)
        waits = (when.launched < t + window) & ~sells & (t - when.launched <= year / 2)
        unseen = when.present & ~(when.seen < t) & np.isnan(when.launched)
        young = (age <= year) & ~unseen & ~(dated > year) & ~waits
        out.stage[young | waits, t] = NEW
        seen = np.where(waits, 0, ages[np.searchsorted(ages, np.nan_to_num(age), "right") - 1])
        seen = np.where(young | waits, seen, -1)
        for key in np.unique(np.stack([seen, span], axis=1)[seen >= 0], axis=0).tolist():
            who = np.flatnonzero((seen == key[0]) & (span == key[1]))
            at = (cut, max(key[0], 1), key[1])
            if at not in learned:
                learned[at] = _analogs(demand[launch, :cut], at[1], at[2], family[launch])
            analogs = learned[at]
            if analogs is None:
                if t == width:
                    _count(out, "no_analogs", len(who))
                continue
            scale = window[who] / key[1]
            if key[0] == 0:
                curve = np.cumsum(np.pad(analogs.before(family[who]), ((0, 0), (1, 0))), axis=1)
                left = np.clip(key[1] - np.maximum(when.launched[who] - t, 0), 0, key[1])
                total = curve[np.arange(len(who)), left.astype(int)]
            else:
                rows = demand[who[:, None], life[who].astype(int)[:, None] + np.arange(key[0])]
                total = np.asarray(analogs.forecast(rows))
                most = _EXPLODES * rows.max(axis=1) * key[1]
                if t == width:
                    _count(out, "analogs_clipped", int((total > most).sum()))
                total = np.minimum(np.nan_to_num(total, posinf=np.inf), most)
            out.expected[who, t] = total * scale


def _analogs(demand: Floats, seen: int, span: int, family: Any) -> Analogs | None:
    if demand.shape[1] < seen + span:
        return None
    rows, items = aligned(demand, seen + span)
    complete = np.isfinite(rows).all(axis=1)
    if complete.sum() < _LEAST_ANALOGS:
        return None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return learn(rows, seen, span, family[items])
        except (ValueError, np.linalg.LinAlgError):
            return None


def _ending(
    panel: Panel, demand: Floats, window: Ints, mean: Floats, when: Dates, support: int,
    first: int, out: Stages,
) -> None:  # fmt: skip
    width, year = demand.shape[1], _year(panel)
    quarter, notice = year // 4, year // 2
    who = np.flatnonzero(np.isfinite(when.last_buy) & np.isfinite(when.last_ship))
    if not len(who):
        return
    buy, end, sold = when.last_buy[who], when.last_ship[who], demand[who]
    known = np.isfinite(panel.values[who])
    columns = np.arange(width)
    at = np.floor((columns - buy[:, None]) / quarter).astype(np.int64) + 2
    told = np.ceil(buy - notice)
    before = (columns < told[:, None]) & (columns >= told[:, None] - year) & known
    counts = before.sum(axis=1)
    base = np.where(before, sold, 0.0).sum(axis=1) / np.maximum(counts, 1)
    proven = (counts >= quarter) & (base > 0)
    ramp = _ramps(sold, known & (at >= 0) & proven[:, None], at, base, quarter)
    if proven.sum() == 0 or not (known & (at >= 2) & proven[:, None]).any():
        _count(out, "no_endings", len(who))
    most = int(min(_FAR * year, max(np.max(end + support - first, initial=1), 1)))
    ahead = np.arange(max(most, int(window[who].max())))
    for t in range(max(first, 1), width + 1):
        now = np.flatnonzero((told <= t) & (t < when.over[who]))
        if not len(now):
            continue
        i = who[now]
        history = np.nan_to_num(mean[i, t]) / window[i]
        unproven = ~proven[now]
        usual = np.where(unproven, history, base[now])
        if t == width and unproven.any():
            _count(out, "no_year_before", int(unproven.sum()))
        curve = ramp[t]
        place = np.clip(at[now], 0, _QUARTERS - 1)
        since = (columns < t) & (at[now] >= 0) & known[now]
        foreseen = np.where(since, curve[place], 0.0).sum(axis=1) * usual
        came = np.where(since, sold[now], 0.0).sum(axis=1)
        own = (came + quarter * usual) / np.maximum(foreseen + quarter * usual, 1e-9)
        own = np.where(unproven, 1.0, np.clip(own, 0.0, _TOP))
        later = t + ahead
        step = np.floor((later - buy[now, None]) / quarter).astype(int) + 2
        step = np.clip(step, 0, _QUARTERS - 1)
        lasts = lasting(end[now] - t, ahead, support)
        # the history of now, unlike a year before the notice, has fallen as far already
        fallen = np.where(unproven, np.maximum(curve[step[:, 0]], 0.05), 1.0)
        falls = curve[step] * lasts * (usual * own / fallen)[:, None]
        out.stage[i, t] = ENDING
        inside = ahead < window[i][:, None]
        out.expected[i, t] = np.where(inside, falls, 0.0).sum(axis=1)
        out.ramped[i, t] = falls.sum(axis=1)
        out.plain[i, t] = history * lasts.sum(axis=1)


def _ramps(sold: Floats, counted: Any, at: Ints, base: Floats, quarter: int) -> Floats:
    """(T + 1, quarters) demand of endings ÷ that before the notice, from the columns before each."""
    ratio = np.minimum(sold / np.where(base > 0, base, 1.0)[:, None], _TOP)
    row, column = np.nonzero(counted)
    place = np.minimum(at[row, column], _QUARTERS - 1)
    above, below = (
        np.zeros((sold.shape[1] + 1, _QUARTERS)),
        np.zeros((sold.shape[1] + 1, _QUARTERS)),
    )
    np.add.at(above, (column + 1, place), ratio[row, column])
    np.add.at(below, (column + 1, place), 1.0)
    above, below = np.cumsum(above, axis=0), np.cumsum(below, axis=0)
    out, usual = np.empty_like(above), np.ones(len(above))
    for q in range(_QUARTERS):
        prior = _PRIOR * quarter
        usual = (above[:, q] + prior * usual) / (below[:, q] + prior)
        out[:, q] = usual
    return out


def _gaps(demand: Any) -> tuple[Floats, Floats]:
    """Periods without demand before each period with it, and periods with demand before those."""
    width = demand.shape[1]
    place = np.where(demand, np.arange(width), -1)
    before = np.maximum.accumulate(np.pad(place, ((0, 0), (1, 0)), constant_values=-1), axis=1)
    gap = np.where(demand & (before[:, :-1] >= 0), np.arange(width) - before[:, :-1] - 1, 0)
    return gap.astype(float), (np.cumsum(demand, axis=1) - demand).astype(float)


def _third(demand: Any) -> Floats:
    """The period with the third demand from each one with demand on; nan where none came yet."""
    width = demand.shape[1]
    row, column = np.nonzero(demand)
    after = np.roll(column, -2).astype(float)
    same = np.roll(row, -2) == row
    same[-2:] = False
    out = np.full(demand.shape, np.nan)
    out[row, column] = np.where(same & (after < width), after, np.nan)
    return out


def _inside(start: Floats, columns: Any, gap: Floats) -> Any:
    """Where the gap before a column holds the launch date, after a year of silence at least."""
    opens = columns - gap
    return (start[:, None] <= columns) & (start[:, None] >= opens)


def _column(panel: Panel, given: Any, n: int) -> Floats:
    """Columns (n,) that dates lie in, also before and after the panel."""
    if given is None or not len(panel.periods):
        return _nan(n)
    days = np.asarray(given, dtype="datetime64[D]")
    if days.shape != (n,):
        raise ValueError(f"dates are {days.shape}; there are {n} series")
    if panel.freq == "MS":
        first = panel.periods[0].astype("datetime64[M]")
        steps = (days.astype("datetime64[M]") - first).astype(float)
    else:
        steps = np.floor((days - panel.periods[0]).astype(float) / 7)
    return np.where(np.isnat(days), np.nan, steps)


def _year(panel: Panel) -> int:
    return 12 if panel.freq == "MS" else 52


def _nan(n: int) -> Floats:
    return np.full(n, np.nan)


def _count(out: Stages, name: str, count: int) -> None:
    if count:
        out.fallbacks[name] = out.fallbacks.get(name, 0) + count
