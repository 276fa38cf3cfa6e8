"""Learning from earlier origins what no single series can tell: the calibration curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chip_channel.planning.panel import Panel
from chip_channel.planning.quantiles import GRID, Distribution, Spread, curve, uniforms

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Raw:
    """A forecast of n series before calibration."""

    classes: NDArray[np.str_]
    recipe: NDArray[np.str_]
    counted: NDArray[np.bool_]
    mean: Array
    """(n, H)"""
    spread: Spread
    reasons: NDArray[np.str_]

    def take(self, series: NDArray[np.bool_] | slice) -> Raw:
        """Some of the series."""
        return Raw(
            self.classes[series], self.recipe[series], self.counted[series], self.mean[series],
            self.spread.take(series), self.reasons[series],
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Curves:
    """Calibration curves by class and span; a class or span not seen stays as it is."""

    table: Array
    """(C, G); row 0 changes nothing."""
    steps: Mapping[tuple[str, int], int]
    """(class, step ahead from 1) -> row"""
    windows: Mapping[tuple[str, int], int]
    """(class, window) -> row"""

    def step_rows(self, classes: NDArray[np.str_], horizon: int) -> NDArray[np.intp]:
        """(n, H) rows of the table."""
        return self._rows(self.steps, classes, np.arange(1, horizon + 1)[None, :])

    def window_rows(self, classes: NDArray[np.str_], windows: NDArray[np.intp]) -> NDArray[np.intp]:
        """(n,) rows of the table."""
        return self._rows(self.windows, classes[:, None], windows[:, None])[:, 0]

    def _rows(
        self, table: Mapping[tuple[str, int], int], classes: NDArray[np.str_], spans: NDArray
    ) -> NDArray[np.intp]:
        classes, spans = np.broadcast_arrays(classes.reshape(len(classes), -1), spans)
        out = np.zeros(classes.shape, np.intp)
        known: dict[str, list[int]] = {}
        for name, span in table:
            known.setdefault(name, []).append(span)
        for name, found in known.items():
            here = classes == name
            near = np.array(sorted(found))
            place = np.clip(np.searchsorted(near, spans[here], side="right") - 1, 0, None)
            rows = np.array([table[name, span] for span in near.tolist()])
            out[here] = rows[place]
        return out


NONE = Curves(GRID[None, :], {}, {})


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
            here = raw.classes == name
            some = raw.take(here)
            for h in range(1, ahead + 1):
                _collect(steps, (name, h), some, h - 1, h, truth[here], sure[here])
            for w in asked:
                _collect(spans, (name, w), some, 0, w, truth[here], sure[here])
    table = [GRID]
    rows: list[dict[tuple[str, int], int]] = []
    for found in (steps, spans):
        rows.append({key: len(table) + i for i, key in enumerate(sorted(found))})
        table += [curve(np.concatenate(found[key])) for key in sorted(found)]
    return Curves(np.stack(table), rows[0], rows[1])


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


def span(
    raw: Raw, start: int, stop: int, curves: Array | None = None, rows: NDArray | None = None
) -> Distribution:
    """The distribution of the demand of the periods from `start` to before `stop`."""
    n = len(raw.classes)
    return Distribution(
        raw.counted,
        raw.mean[:, start:stop].sum(axis=1),
        raw.spread,
        np.full(n, float(stop - start)),
        np.zeros(n, np.intp) if rows is None else rows,
        GRID[None, :] if curves is None else curves,
    )
