"""Learning from earlier origins what no single series can tell: the calibration curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chip_channel.planning.panel import Panel
from chip_channel.planning.quantiles import GRID, curve, uniforms
from chip_channel.planning.raw import Raw, span

Array = NDArray[np.float64]

COUNTS, ERRORS = FAMILIES = ("counts", "errors")


@dataclass(frozen=True, eq=False)
class Curves:
    """Calibration curves by group and span; a group is a demand class, or a family of recipes.

    A class that was not seen has the curve of its family; a family not seen stays as it is.
    """

    table: Array
    """(C, G); row 0 changes nothing."""
    steps: Mapping[tuple[str, int], int]
    """(group, step ahead from 1) -> row"""
    windows: Mapping[tuple[str, int], int]
    """(group, window) -> row"""

    def step_rows(self, raw: Raw, horizon: int) -> NDArray[np.intp]:
        """(n, H) rows of the table."""
        spans = np.broadcast_to(np.arange(1, horizon + 1), (len(raw.classes), horizon))
        return _rows(self.steps, raw, spans)

    def window_rows(self, raw: Raw, windows: NDArray[np.intp]) -> NDArray[np.intp]:
        """(n,) rows of the table."""
        return _rows(self.windows, raw, windows[:, None])[:, 0]


def _rows(
    table: Mapping[tuple[str, int], int], raw: Raw, spans: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The row of the longest span seen that is not longer; of the shortest where none is."""
    out = np.zeros(spans.shape, np.intp)
    known: dict[str, list[int]] = {}
    for group, length in table:
        known.setdefault(group, []).append(length)
    for group in sorted(known, key=lambda name: name not in FAMILIES):  # classes have the last word
        here = (raw.counted == (group == COUNTS)) if group in FAMILIES else raw.classes == group
        near = np.array(sorted(known[group]))
        place = np.clip(np.searchsorted(near, spans[here], side="right") - 1, 0, None)
        out[here] = np.array([table[group, length] for length in near.tolist()])[place]
    return out


NONE = Curves(GRID[None, :], {}, {})


def looks_back(periods: int, ahead: int, least: int) -> tuple[list[int], int]:
    """Numbers of periods known at earlier origins, and how far ahead curves can be learned.

    Near spans are judged from late origins, whose histories are nearly as long as today's; the
    whole of `ahead` – or what a short panel leaves of it – from the three earliest, of which two
    are left out where less than two thirds of today's history was known: models err otherwise then.
    """
    ahead = max(min(ahead, (periods - least) * 2 // 3), 0)
    back = {max(round(ahead * share), i + 1) for i, share in enumerate((0.25, 0.5, 0.75, 1, 1.25))}
    alike = [b for b in sorted(back) if b <= ahead or 3 * (periods - b) >= 2 * periods]
    return ([periods - b for b in alike if periods - b >= least] if ahead else []), ahead


def learn(
    panel: Panel,
    predict: Callable[[Panel, int], Raw],
    known: list[int],
    ahead: int,
    windows: list[int],
) -> Curves:
    """Forecast from earlier origins and compare.

    `known`: periods known at each origin; `ahead`: periods looked ahead; `windows`: window lengths
    that are asked for. Longer ones than `ahead` use the curve of the longest that was seen.
    """
    asked = sorted({min(w, ahead) for w in windows})
    steps: dict[tuple[str, int], list[Array]] = {}
    spans: dict[tuple[str, int], list[Array]] = {}
    family: dict[str, str] = {}
    for at in known:
        past = panel.until(panel.periods[at - 1])
        truth = panel.values[:, at : at + ahead]
        sure = ~panel.censored[:, at : at + ahead] & ~np.isnan(truth)
        # a series without demand so far has not begun yet; that it begins later is no error
        keep = sure.any(axis=1) & (past.values > 0).any(axis=1)
        if not keep.any():
            continue
        raw = predict(past.take(keep), ahead)
        truth, sure = np.maximum(truth[keep], 0.0), sure[keep]
        for name in np.unique(raw.classes).tolist():
            family[name] = COUNTS if raw.counted[raw.classes == name].all() else ERRORS
        groups = [(name, raw.classes == name) for name in np.unique(raw.classes).tolist()]
        groups += [(COUNTS, raw.counted), (ERRORS, ~raw.counted)]
        for name, here in groups:
            some = raw.take(here)
            for h in range(1, truth.shape[1] + 1):
                _collect(steps, (name, h), some, h - 1, h, truth[here], sure[here])
            for w in (w for w in asked if w <= truth.shape[1]):
                _collect(spans, (name, w), some, 0, w, truth[here], sure[here])
    table: list[Array] = [GRID]
    rows = [_add(table, found, family) for found in (steps, spans)]
    return Curves(np.stack(table), rows[0], rows[1])


def _add(
    table: list[Array], found: dict[tuple[str, int], list[Array]], family: dict[str, str]
) -> dict[tuple[str, int], int]:
    """Append the curves, those of families first, as classes lean on them; say their rows."""
    rows: dict[tuple[str, int], int] = {}
    for group, length in sorted(found, key=lambda key: (key[0] not in FAMILIES, key)):
        leans = table[rows[family[group], length]] if group in family else GRID
        rows[group, length] = len(table)
        table.append(curve(np.concatenate(found[group, length]), leans))
    return rows


def _collect(
    into: dict[tuple[str, int], list[Array]],
    key: tuple[str, int],
    raw: Raw,
    start: int,
    stop: int,
    truth: Array,
    sure: NDArray[np.bool_],
) -> None:
    keep = sure[:, start:stop].all(axis=1)
    if keep.any():
        some = raw.take(keep)
        into.setdefault(key, []).append(
            uniforms(span(some, start, stop), truth[keep, start:stop].sum(axis=1))
        )
