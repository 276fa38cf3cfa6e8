"""A file from canonical lines: render, plant errors, build."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from chip_channel.world import dirt
from chip_channel.world.flows import Flows
from chip_channel.world.render import qty_scale, qty_units
from chip_channel.world.shape import DealerShape
from chip_channel.world.sheet import Sheet, build
from chip_channel.world.spec import DealerSpec


def donors_of(report: str, frame: pl.DataFrame) -> np.ndarray:
    """Lines that an error may be copied from: mask of shape (lines,)."""
    if report == "pos":
        return (frame["type"] == "sale").to_numpy()
    if report == "stock":
        return ((frame["status"] == "available") & (frame["qty"] > 0)).to_numpy()
    if report == "orders":
        return frame["accepted_at"].is_not_null().to_numpy()
    return np.ones(len(frame), dtype=bool)


def sheet_of(
    flows: Flows,
    dealer: DealerSpec,
    shape: DealerShape,
    report: str,
    frame: pl.DataFrame,
    *,
    cells: pl.DataFrame,
    errors: list[tuple[str, str]],
    first_day: date,
    rng: np.random.Generator,
    **wrong: int,
) -> Sheet:
    """One file of canonical lines `frame`, already rendered as `cells`, with planted `errors`."""
    columns = shape.reports[report]
    donors = np.flatnonzero(donors_of(report, frame))
    bad = dirt.plant(
        report, columns, shape.style, cells,
        donors=donors, errors=errors if len(donors) else [], first_day=first_day, rng=rng,
    )  # fmt: skip
    qty = np.zeros(len(frame), dtype=np.int64)
    if "qty" in frame.columns:
        spq = flows.catalogue.parts.spq[frame["part"].to_numpy()]
        qty = qty_units(frame["qty"], spq, dealer).to_numpy()
    return build(
        columns, shape.style, cells, bad, qty=qty, scale=qty_scale(dealer),
        wrong_total=wrong.get("wrong_total", 0), drop_header=bool(wrong.get("drop_header")),
    )  # fmt: skip
