"""Real demand that nobody here wrote, as panels; it lies outside the repository."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from chip_channel.planning.panel import Panel, calendar, from_frame
from chip_channel.settings import ROOT
from numpy.typing import NDArray

FOLDER = Path(os.environ.get("CHIP_CHANNEL_TEST_DATA", ROOT.parent / "shared" / "data")) / "demand"
FILES = ("carparts_long.parquet", "m3_monthly.parquet", "m3_monthly_published_forecasts.npz")


def absent() -> str:
    """What is missing, for people; empty where all is there."""
    missing = [name for name in FILES if not (FOLDER / name).exists()]
    return f"{', '.join(missing)} not in {FOLDER}" if missing else ""


@dataclass(frozen=True)
class M3:
    """The monthly series of the M3 competition (Makridakis and Hibon 2000)."""

    panel: Panel
    """All series end in the same month here; their true dates differ by centuries."""
    test: NDArray[np.float64]
    """(1428, 18)"""
    published: dict[str, NDArray[np.float64]]
    """Method -> (1428, 18)"""


def m3() -> M3:
    """Training part, held-out part and published forecasts."""
    rows = pl.read_parquet(FOLDER / "m3_monthly.parquet").sort("unique_id", "ds")
    train, test = (
        rows.filter(split=split).group_by("unique_id", maintain_order=True).agg("y")
        for split in ("train", "test")
    )
    parts = [np.array(y) for y in train["y"].to_list()]
    width = max(map(len, parts))
    values = np.array([np.pad(y, (width - len(y), 0), constant_values=np.nan) for y in parts])
    ids = train["unique_id"].to_numpy().astype(np.str_)
    published = np.load(FOLDER / FILES[2])
    assert (published["ids"] == ids).all()
    assert (test["unique_id"].to_numpy() == ids).all()
    periods = calendar(np.datetime64("2000-01-01"), width, "MS")
    return M3(
        Panel(ids, periods, values, "MS"),
        np.array(test["y"].to_list()),
        {name: published[name] for name in published.files if name != "ids"},
    )


def car_parts() -> Panel:
    """2,674 car parts, 51 months; months that are not given at the end of a series are unknown."""
    rows = pl.read_parquet(FOLDER / "carparts_long.parquet")
    return from_frame(
        rows, "MS", series="unique_id", date="ds", quantity="y", tail="unknown"
    )  # fmt: skip


def generated(series: int, weeks: int, seed: int = 7) -> Panel:
    """Weekly intermittent demand in packs: negative binomial, levels that drift, late starts."""
    rng = np.random.default_rng(seed)
    level = rng.lognormal(-1.2, 0.9, (series, 1)).astype(np.float32)
    drift = np.exp(np.cumsum(rng.normal(0, 0.05, (series, weeks)).astype(np.float32), axis=1))
    size = rng.uniform(0.3, 1.5, (series, 1))
    counts = rng.poisson(rng.gamma(size, level * drift / size)).astype(float)
    packs = rng.choice([1.0, 10.0, 500.0, 3000.0], (series, 1))
    begins = rng.integers(0, weeks // 2, (series, 1)) * (rng.random((series, 1)) < 0.2)
    values = np.where(np.arange(weeks) < begins, np.nan, counts * packs)
    ids = np.char.add("S", np.char.zfill(np.arange(series).astype(np.str_), 7))
    return Panel(ids, calendar(np.datetime64("2024-01-01"), weeks, "W"), values, "W")
