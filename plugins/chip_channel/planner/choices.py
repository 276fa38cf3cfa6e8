"""What is chosen on a schedule and kept as rows: recipes, stock policies, the factors in use.

With them goes the back-test that shows what the policies are worth. All of it comes from the same
sample of series, and the policies, the factors and the back-test from the same forecasts at earlier
origins, so that the cost is bounded whatever the number of series.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from psycopg import sql

from chip_channel.planner.accuracy import JUDGED
from chip_channel.planner.read import Inputs
from chip_channel.planning import backtest, factors, select, stocking
from chip_channel.planning.classify import classify
from chip_channel.planning.forecast import sample
from chip_channel.planning.roll import Outlook, all_outlooks, roll
from chip_channel.planning.verdict import Use
from chip_channel.warehouse import connect

LAST = timedelta(days=91)
"""A choice is made anew when it is older than this."""
ORIGINS, SERIES = 2, 60
"""Earlier origins, and series of each class, that recipes are tried on."""
REPLAYED, EVERY = 80, 4
"""Series of each class that are replayed, and weeks between their forecasts."""
FILL = 0.95
"""Share of demand, by value, that is to be served at once: the policies are chosen at it."""
SHOWN = (
    "dynamic",
    "quantile",
    *(f"cover-{months}" for months in (3, 6, 12)),
    "min-max",
    "foresight",
)
"""Policies of the back-test."""
TABLES: dict[str, dict[str, Any]] = {
    "recipe": select.SCHEMA, "policy": stocking.SCHEMA, "factor": factors.SCHEMA,
    "backtest": backtest.SCHEMA,
}  # fmt: skip


@dataclass(frozen=True)
class Choices:
    """Rows of `planning.recipe`, `policy`, `factor` and `backtest`."""

    recipe: pl.DataFrame
    policy: pl.DataFrame
    factor: pl.DataFrame
    backtest: pl.DataFrame

    @property
    def recipes(self) -> dict[str, str]:
        """Demand class -> recipe."""
        return select.chosen(self.recipe)

    @property
    def verdicts(self) -> list[Use]:
        """Whether each factor is used."""
        return [Use(**row) for row in self.factor.to_dicts()]


def choices(inputs: Inputs, anew: bool, say: Callable[[str], None]) -> Choices:
    """What is in use; chosen anew where it is too old for this origin, not there, or `anew`."""
    stored = Choices(**{name: _stored(name) for name in TABLES})
    found = (stored.recipe, stored.policy, stored.factor)
    if not anew and all(frame.height for frame in found):
        newest: Any = stored.recipe["chosen_at"].max()
        if newest > inputs.origin - LAST:
            return stored
    say("choosing recipes …")
    in_use = stored.recipes if stored.recipe.height else None
    recipe = select.select(
        inputs.panel,
        JUDGED,
        inputs.terms.window,
        incumbents=in_use,
        origins=ORIGINS,
        series=SERIES,
        launched=inputs.facts.launched,
    )
    say("replaying stock policies …")
    return Choices(recipe, **replayed(inputs, select.chosen(recipe)))


def replayed(inputs: Inputs, recipes: dict[str, str]) -> dict[str, pl.DataFrame]:
    """Policies, verdicts on factors, and the back-test, of a sample of the series."""
    known, panel = inputs.facts, inputs.panel
    classes = classify(panel, launched=known.launched, last_buy=known.last_buy)
    some = sample(panel, classes, dict.fromkeys(np.unique(classes).tolist(), REPLAYED))
    place = panel.places(some.ids)
    terms, value, facts = inputs.terms.take(place), inputs.value[place], known.take(place)
    first = min(backtest.first_column(some), factors.first_origin(some))
    looked: Outlook = roll(some, terms, first=first, every=EVERY, recipes=recipes,
                           launched=facts.launched)  # fmt: skip
    outlooks = all_outlooks(some, looked)
    judged = factors.adjust(
        some, terms.window, np.nan_to_num(looked.mean[:, -1]), facts, earlier=looked.mean
    )
    counts = value * backtest.begun(some)
    tested = backtest.prepare(some, terms, FILL, value=counts, outlooks=outlooks)
    return {
        "policy": stocking.choose(some, terms, FILL, outlooks, first, value),
        "factor": judged.frame(),
        "backtest": backtest.frame(tested.compare(SHOWN), FILL, inputs.origin),
    }


def _stored(name: str) -> pl.DataFrame:
    """Rows of the newest published planning batch."""
    schema = TABLES[name]
    with connect("transform") as connection:
        cursor = connection.execute(
            sql.SQL("select {} from planning.{} where batch_id = (select max(batch_id) from "
                    "ctl.batch where kind = 'planning' and status = 'published')")
            .format(sql.SQL(", ").join(map(sql.Identifier, schema)), sql.Identifier(name))
        )  # fmt: skip
        return pl.DataFrame(cursor.fetchall(), schema, orient="row")
