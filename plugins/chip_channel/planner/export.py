"""The warehouse's demand as files that a back-test reads: the same series that are planned on."""

from pathlib import Path

import numpy as np
import polars as pl

from chip_channel.planner.read import Inputs


def export(inputs: Inputs, out: Path) -> dict[str, Path]:
    """Write demand to `out`, terms and dates beside it as `…_items`, the index as `…_index`.

    All are Parquet. A week that a dealer has not reported is a row without a quantity, so that a
    reader knows it from one without a sale.
    """
    made = {"demand": demand(inputs), "items": items(inputs), "index": inputs.index}
    out.parent.mkdir(parents=True, exist_ok=True)
    paths = {
        name: out if name == "demand" else out.with_name(f"{out.stem}_{name}.parquet")
        for name, frame in made.items() if name == "demand" or frame.height
    }  # fmt: skip
    for name, path in paths.items():
        made[name].write_parquet(path)
    return paths


def demand(inputs: Inputs) -> pl.DataFrame:
    """series, date (Monday), quantity (pieces, null where not known), from each first week on."""
    panel = inputs.panel
    row, column = np.nonzero(np.arange(len(panel.periods)) >= panel.first()[:, None])
    return pl.DataFrame({
        "series": panel.ids[row], "date": panel.periods[column],
        "quantity": panel.values[row, column],
    }).with_columns(pl.col("quantity").fill_nan(None))  # fmt: skip


def items(inputs: Inputs) -> pl.DataFrame:
    """By series: family, dates as `ablate` takes them, terms in weeks and pieces, price."""
    facts, terms = inputs.facts, inputs.terms
    return pl.DataFrame({
        "series": inputs.panel.ids, "family": facts.family, "launched": facts.launched,
        "last_buy": facts.last_buy, "last_ship": facts.last_ship, "lead_time": terms.lead_time,
        "review": terms.review, "moq": terms.moq, "spq": terms.spq, "value": inputs.value,
    })  # fmt: skip
