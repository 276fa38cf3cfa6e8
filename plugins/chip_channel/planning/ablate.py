"""What each planning factor is worth: a 2³ factorial on demand that was held back.

Three factors are switched on and off in all eight combinations: the history (the recipes' forecast;
off: the mean of the last year), the market index and the lifecycle, each used only where it had won
by the origin in question. Beside them stand arms that apply a factor everywhere, without a verdict,
and one with a shuffled index. Every figure is paired with that of the same origins; intervals are
from a block bootstrap over origins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from chip_channel.planning import factors, peers, policy
from chip_channel.planning.backtest import ALL, MEASURED
from chip_channel.planning.factors import INDEX, LIFECYCLE, Paths, first_origin
from chip_channel.planning.facts import Facts
from chip_channel.planning.panel import Panel
from chip_channel.planning.roll import FADE, Outlook, learn, roll
from chip_channel.planning.scores import pinball
from chip_channel.planning.simulate import Floats, Ints, Terms, clean, simulate
from chip_channel.planning.stages import STAGES
from chip_channel.planning.verdict import Use, resamples, window_totals

LEVELS = np.array([0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])
BASE = "history"
PLACEBO = "placebo"
FACTORS = (BASE, INDEX, LIFECYCLE)
_STEPS, _KNOBS = 14, (0.02, 6.0)
_INTERVAL = (2.5, 97.5)


@dataclass(frozen=True)
class Arm:
    """A combination of factors."""

    on: tuple[str, ...]
    forced: tuple[str, ...] = ()
    """Applied everywhere, whatever the verdict."""

    @property
    def name(self) -> str:
        """For people."""
        parts = [BASE if BASE in self.on else "year_mean", *(f for f in self.on if f != BASE)]
        return " + ".join([*parts, *(f"{name} (always)" for name in self.forced)])


FACTORIAL = tuple(
    Arm(tuple(name for name, on in zip(FACTORS, chosen, strict=True) if on))
    for chosen in product((False, True), repeat=3)
)
SIDE = tuple(Arm((BASE,), (name,)) for name in (INDEX, PLACEBO, LIFECYCLE))
ARMS = FACTORIAL + SIDE
MAIN = tuple(arm for arm in ARMS if BASE in arm.on)
"""Those whose stock is simulated."""
SCHEMA: dict[str, Any] = {
    "group_kind": pl.String, "group": pl.String, "arm": pl.String, "measure": pl.String,
    "value": pl.Float64, "change": pl.Float64, "low": pl.Float64, "high": pl.Float64,
    "items": pl.Int64, "origins": pl.Int64,
}  # fmt: skip
"""`change` is from `history` alone (arms), or what a factor does on average over the combinations
of the others (`effect of …`); `low` to `high` holds it with 95 %. RMSSE and WQL: lower is better;
turnover, at equal fill: higher."""


@dataclass(frozen=True, eq=False)
class Ablation:
    """Everything that was compared."""

    rows: pl.DataFrame
    """Of SCHEMA."""
    used: pl.DataFrame
    """The verdicts at the last origin, see `factors.Use`, and `share`: of measured origins at which
    the factor was in use."""
    fallbacks: Mapping[str, int]
    notes: Sequence[str]
    """Where a factor does not help and is therefore not used, for people."""


@dataclass(frozen=True, eq=False)
class _Scores:
    """Of one arm, over the measured origins (O)."""

    squared: Floats
    """(n, O) squared error per period ÷ that of the last value, of the history."""
    loss: Floats
    """(n, O) mean pinball loss over LEVELS."""


def ablate(
    panel: Panel,
    terms: Terms,
    facts: Facts = factors.NOTHING,
    *,
    fill: float = 0.95,
    measured: int | None = None,
    outlook: Outlook | None = None,
    recipes: Mapping[str, str] | None = None,
    stock: bool = True,
) -> Ablation:
    """Compare all arms on the last `measured` origins: two years, or one of weeks; half of a short
    panel. Dates count as announced half a year ahead. `outlook`: of an earlier call; `stock=False`
    leaves out turnover, which is half of the time.

    Raises ValueError for fewer than 4 periods, a `fill` not between 0 and 1, or a wrong length.
    """
    n, width = panel.values.shape
    if width < 4 or not n:
        raise ValueError(f"{n} series of {width} periods cannot be compared; it takes 4 periods")
    if not 0 < fill < 1:
        raise ValueError(f"the fill is {fill}; it must lie between 0 and 1")
    start = width - min(measured or MEASURED[panel.freq], width // 2)
    begin = first_origin(panel)
    known = outlook or roll(panel, terms, first=begin, recipes=recipes, launched=facts.launched)
    year = 12 if panel.freq == "MS" else 52
    plain = peers.trailing_mean(panel.values, year) * terms.window[:, None]
    bases = {True: known.mean, False: np.where(np.isfinite(known.mean), plain, np.nan)}
    paths = {on: factors.prepare(panel, terms.window, mean, facts) for on, mean in bases.items()}
    total = window_totals(panel, terms.window)
    judged = np.arange(start, width)
    judged = judged[np.isfinite(total[:, judged]).any(axis=0)]
    if not len(judged):
        raise ValueError("no window has ended after the first measured origin")
    made = {arm: _means(paths[BASE in arm.on], arm, begin) for arm in ARMS}
    looks = {arm: _outlook(panel, known, mean) for arm, (mean, _, _) in made.items()}
    scores = {arm: _score(panel, look, total, judged, start) for arm, look in looks.items()}
    groups = _groups(known, paths[True], start)
    block = int(np.median(terms.window))
    rows = [
        row
        for kind, name, chosen in groups
        for row in _compare(kind, name, chosen[:, judged], scores, total[:, judged], block)
    ]
    if stock:
        caps = {arm: cap for arm, (_, cap, _) in made.items()}
        for kind, name, chosen in groups:
            rows += _turnover(panel, terms, looks, caps, (kind, name, chosen), (begin, start), fill)
    arm = next(a for a in FACTORIAL if len(a.on) == len(FACTORS))
    used = _used(made[arm][2], start)
    return Ablation(
        pl.DataFrame(rows, SCHEMA), used, paths[True].fallbacks | known.fallbacks, notes(used)
    )


def _means(paths: Paths, arm: Arm, begin: int) -> tuple[Floats, Floats, dict[int, list[Use]]]:
    """Expectation and cap (n, T + 1) of an arm, and the verdicts by origin."""
    mean, cap = paths.mean.copy(), np.full(paths.mean.shape, np.inf)
    used: dict[int, list[Use]] = {}
    wanted = set(arm.on + arm.forced)
    if not wanted & {INDEX, LIFECYCLE, PLACEBO}:
        return mean, cap, used
    for s in range(begin, mean.shape[1]):
        found = paths.at(s, arm.forced, without=[f for f in (INDEX, LIFECYCLE) if f not in wanted])
        if {INDEX, PLACEBO} & wanted:
            mean[:, s] = mean[:, s] + found.market_index
        if LIFECYCLE in wanted:
            # a part that has not begun has no history, but may be expected to begin
            mean[:, s] = np.where(found.lifecycle != 0, np.nan_to_num(mean[:, s]), mean[:, s])
            mean[:, s] = np.maximum(mean[:, s] + found.lifecycle, 0.0)
            cap[:, s] = np.where(np.isfinite(found.cap), found.cap, np.inf)
        used[s] = found.used
    return mean, cap, used


def _outlook(panel: Panel, known: Outlook, mean: Floats) -> Outlook:
    """The same with another mean; how wrong it was is learned again from its own errors."""
    usual = np.where(np.isfinite(mean), known.scale, np.nan)
    scale, errors = learn(
        clean(panel.values), mean, usual, known.counted, known.window, FADE[panel.freq]
    )
    return replace(known, mean=mean, scale=scale, errors=errors)


def _score(panel: Panel, look: Outlook, total: Floats, judged: Ints, start: int) -> _Scores:
    past = panel.values[:, :start]
    step = np.diff(past, axis=1) ** 2
    count = np.isfinite(step).sum(axis=1)
    usual = np.nansum(step, axis=1) / np.maximum(count, 1)
    mean = np.nan_to_num(look.mean[:, judged])
    error = (total[:, judged] - mean) / look.window[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        squared = np.where(usual[:, None] > 0, error**2 / usual[:, None], np.nan)
    cut = replace(look, **{
        name: getattr(look, name)[:, judged]
        for name in ("mean", "scale", "ratio", "unit", "classes", "counted")
    }, errors=look.errors[judged])  # fmt: skip
    levels = policy.quantile(cut)
    quantiles = np.stack([levels(-np.log10(1 - level)) for level in LEVELS], axis=2)
    return _Scores(squared, pinball(total[:, judged], quantiles, LEVELS).mean(axis=2))


def _groups(known: Outlook, paths: Paths, start: int) -> list[tuple[str, str, Any]]:
    """Kind, name and members (n, T + 1) of what is reported; classes and stages of each origin."""
    width = known.mean.shape[1]
    groups: list[tuple[str, str, Any]] = [(ALL, ALL, np.ones(known.mean.shape, bool))]
    of = known.classes[:, start]
    for name in np.unique(of).tolist():
        groups.append(("class", name, np.repeat((of == name)[:, None], width, axis=1)))
    for stage, name in {**STAGES, 0: "mature"}.items():
        here = paths.stages.stage == stage
        if here[:, start:].any():
            groups.append(("stage", name, here))
    return groups


def _compare(
    kind: str, name: str, chosen: Any, scores: Mapping[Arm, _Scores], total: Floats, block: int
) -> list[dict[str, Any]]:
    """RMSSE and WQL of a group: arms against the history, and the effect of each factor."""
    origins = total.shape[1]
    keep = chosen.any(axis=1)
    here = chosen[keep] & np.isfinite(total[keep])
    size = np.where(here, np.abs(np.nan_to_num(total[keep])), 0.0).sum(axis=0)
    drawn = resamples(origins, block)
    weight = np.stack([np.bincount(row, minlength=origins) for row in drawn]).astype(float)
    weight = np.vstack([np.ones(origins), weight])
    found: dict[str, dict[Arm, Floats]] = {"RMSSE": {}, "WQL": {}}
    for arm, score in scores.items():
        fits = here & np.isfinite(score.squared[keep])
        with np.errstate(invalid="ignore", divide="ignore"):
            squared = weight @ np.where(fits, np.nan_to_num(score.squared[keep]), 0.0).T
            root = np.sqrt(squared / (weight @ fits.T.astype(float)))
            found["RMSSE"][arm] = _mean(root)
            loss = np.where(here, np.nan_to_num(score.loss[keep]), 0.0).sum(axis=0)
            found["WQL"][arm] = 2 * (weight @ loss) / (weight @ size)
    about = {"group_kind": kind, "group": name, "items": int(keep.sum()), "origins": origins}
    return [row for measure, values in found.items() for row in _rows(about, measure, values)]


def _rows(
    about: dict[str, Any], measure: str, values: Mapping[Arm, Floats]
) -> list[dict[str, Any]]:
    """Rows from values (1 + resamples,) by arm; the first is what was seen."""
    base = next(arm for arm in values if arm.on == (BASE,) and not arm.forced)
    rows = [
        about | {"arm": arm.name, "measure": measure, "value": float(found[0])}
        | _change(found - values[base])
        for arm, found in values.items()
    ]  # fmt: skip
    plain = {frozenset(arm.on): found for arm, found in values.items() if not arm.forced}
    for factor in FACTORS:
        pairs = [(on, on - {factor}) for on in plain if factor in on and on - {factor} in plain]
        if not pairs:
            continue
        effect = np.mean([plain[on] - plain[off] for on, off in pairs], axis=0)
        named = {"arm": f"effect of {factor}", "measure": measure, "value": None}
        rows.append(about | named | _change(effect))
    return rows


def _change(difference: Floats) -> dict[str, float | None]:
    spread = difference[1:][np.isfinite(difference[1:])]
    low, high = np.percentile(spread, _INTERVAL) if len(spread) else (np.nan, np.nan)
    return {"change": float(difference[0]), "low": float(low), "high": float(high)}


def _mean(rows: Floats) -> Floats:
    known = np.isfinite(rows)
    return np.where(known, rows, 0.0).sum(axis=1) / np.where(
        known.any(axis=1), known.sum(axis=1), np.nan
    )


def _turnover(
    panel: Panel,
    terms: Terms,
    looks: Mapping[Arm, Outlook],
    caps: Mapping[Arm, Floats],
    group: tuple[str, str, Any],
    columns: tuple[int, int],
    fill: float,
) -> list[dict[str, Any]]:
    """Turns at equal fill of a group: items that belong to it at any measured period, when they do."""
    kind, name, chosen = group
    begin, start = columns
    width = len(panel.periods)
    counts = chosen[:, start:width]
    keep = counts.any(axis=1)
    counts = counts[keep]
    year = 12.0 if panel.freq == "MS" else 52.0
    drawn = resamples(width - start, int(np.median(terms.window)))
    values: dict[Arm, Floats] = {}
    for arm in MAIN:
        look = looks[arm]
        same = (a for a in values if _equal(looks[a], look, caps[a], caps[arm], keep))
        if (twin := next(same, None)) is not None:
            values[arm] = values[twin]
            continue
        cut = replace(look, **{
            part: getattr(look, part)[keep, begin:width]
            for part in ("mean", "scale", "ratio", "unit", "classes", "counted")
        }, window=look.window[keep], errors=look.errors[begin:width])  # fmt: skip
        levels, cap = policy.quantile(cut), caps[arm][keep, begin:width]

        def run(knob: float, levels: Any = levels, cap: Any = cap) -> tuple[float, Floats, Floats]:
            out = simulate(
                panel.values[keep, begin:], levels(knob), terms.take(keep).since(begin), cap=cap
            )
            parts = [
                np.where(counts, x[:, start - begin :], 0.0).sum(axis=0)
                for x in (out.demand, out.short, out.shipped, out.stock)
            ]
            asked = parts[0].sum()
            return float(1 - parts[1].sum() / asked) if asked > 0 else 1.0, parts[2], parts[3]

        low, high = _KNOBS
        reached, shipped, held = run(high)
        if reached < fill:
            continue
        for _ in range(_STEPS):
            middle = (low + high) / 2
            served = run(middle)
            low, high = (low, middle) if served[0] >= fill else (middle, high)
            if served[0] >= fill:
                reached, shipped, held = served
        with np.errstate(invalid="ignore", divide="ignore"):
            seen = year * shipped.sum() / held.sum()
            again = year * shipped[drawn].sum(axis=1) / held[drawn].sum(axis=1)
        values[arm] = np.append(seen, again)
    if not any(arm.on == (BASE,) and not arm.forced for arm in values):
        return []
    about = {"group_kind": kind, "group": name, "items": int(keep.sum()), "origins": width - start}
    return _rows(about, "turnover", values)


def _equal(a: Outlook, b: Outlook, cap_a: Floats, cap_b: Floats, keep: Any) -> bool:
    """Whether two arms expect the same of some items."""
    pairs = ((a.mean[keep], b.mean[keep]), (a.scale[keep], b.scale[keep]), (a.errors, b.errors),
             (cap_a[keep], cap_b[keep]))  # fmt: skip
    return all(np.array_equal(x, y, equal_nan=True) for x, y in pairs)


def _used(verdicts: Mapping[int, list[Use]], start: int) -> pl.DataFrame:
    """The last verdicts, with the share of measured origins at which each was "use it"."""
    last = verdicts[max(verdicts)] if verdicts else []
    measured = [
        {(u.segment, u.factor): u.used for u in uses} for s, uses in verdicts.items() if s >= start
    ]
    share = [
        sum(m.get((use.segment, use.factor), False) for m in measured) / max(len(measured), 1)
        for use in last
    ]
    none = factors.Adjustments(np.zeros(0), np.zeros(0), np.zeros(0), last, {})
    return none.frame().with_columns(share=pl.Series(share, dtype=pl.Float64))


def notes(used: pl.DataFrame) -> list[str]:
    """Where a factor does not help and is therefore not used."""
    said = []
    for factor in (INDEX, LIFECYCLE):
        some = used.filter(factor=factor)
        helps = some.filter("used")["segment"].to_list()
        if helps:
            said.append(f"{factor} is used for {', '.join(name or 'all' for name in helps)}.")
        for reason, rows in sorted(some.filter(~pl.col("used")).group_by("reason")):
            names = ", ".join(name or "all" for name in rows["segment"].sort().to_list())
            said.append(f"{factor} does not help and is not used for {names}: {reason[0]}.")
    return said
