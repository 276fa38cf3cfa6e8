"""What some dealers say they will sell: the true mean of the coming weeks, with bias and noise."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from chip_channel.world.catalogue import SEASON
from chip_channel.world.flows import Flows
from chip_channel.world.simulate import lifecycle
from chip_channel.world.spec import MAKER, dates

WEEKS, PARTS = 8, 30  # ahead; that sell most
BIAS = {"huaxin": (1.05, 0.20), "hongyuan": (1.30, 0.35), "yunfan": (0.85, 0.30),
        "lioncrest": (1.00, 0.15)}  # fmt: skip # factor, sigma of the noise


def forecasts(flows: Flows, dealer: int) -> pl.DataFrame:
    """A dealer's forecasts, made on the last day of each month for the Mondays after it.

    Of parts that are not sold in a week, not yet or no more, nothing is said.
    """
    spec, pairs, catalogue = flows.spec, flows.pairs, flows.catalogue
    who = spec.dealers[dealer]
    bias, sigma = BIAS[who.dealer_id]
    rng = spec.rng("forecast", who.dealer_id)
    mine = np.flatnonzero((pairs.dealer == dealer) & (pairs.mean_day > 0))
    mine = np.sort(mine[np.argsort(-pairs.mean_day[mine], kind="stable")[:PARTS]])
    part = pairs.part[mine]
    frames = []
    for month in range(spec.months):
        made = spec.month_end(month)
        monday = made + timedelta(days=7 - made.weekday())
        first = (monday - spec.first_day).days
        days = first + 7 * np.arange(WEEKS)
        alive = np.stack([lifecycle(catalogue, part, int(day)) for day in days])
        season = SEASON[[(monday + timedelta(weeks=w)).month - 1 for w in range(WEEKS)]]
        mean = pairs.mean_day[mine] * 7 * alive * season[:, None]
        said = mean * bias * np.exp(rng.normal(0, sigma, mean.shape) - sigma**2 / 2)
        unit = pairs.unit[mine]
        qty = (np.rint(said / unit) * unit).astype(np.int64)
        frames.append(
            pl.DataFrame(
                {
                    "month": pl.repeat(month, qty.size, dtype=pl.Int64, eager=True),
                    "part": np.tile(part, WEEKS),
                    "maker": pl.repeat(MAKER, qty.size, eager=True),
                    "mpn": pl.Series(np.tile(catalogue.parts.mpn[part], WEEKS)),
                    "week": dates(spec, days.repeat(len(part))),
                    "submitted_on": pl.repeat(made, qty.size, eager=True),
                    "qty": qty.ravel(),
                }
            ).filter(pl.Series(alive.ravel() > 0))
        )
    return pl.concat(frames)


def forecast_bias() -> pl.DataFrame:
    """How the dealers' forecasts are wrong."""
    rows = [(dealer, bias, sigma) for dealer, (bias, sigma) in BIAS.items()]
    return pl.DataFrame(rows, schema=["dealer_id", "factor", "sigma"], orient="row")
