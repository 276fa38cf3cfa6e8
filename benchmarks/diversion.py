"""How well planted diversion is found: precision and recall by case, and clean dealers accused."""

from typing import Any

import polars as pl
from chip_channel.console import console, table
from chip_channel.intake.landing import waiting
from chip_channel.intake.service import ingest
from chip_channel.publish.build import build
from chip_channel.publish.dbt import dbt
from chip_channel.quality.gates import judge_submissions
from chip_channel.settings import settings
from chip_channel.warehouse import connect
from chip_channel.world import WorldSpec, write_world
from chip_channel.world.landing import land_month

from benchmarks.measure import Measure, workplace

SEEDS = (20260, 7, 99)
"""The sample world of `make run`, and two that no limit was looked at on."""
EVIDENCE = """
select e.signal, e.dealer_id, e.report, coalesce(p.invoice_no, s.invoice_no) as invoice_no,
    coalesce(p.line_no, s.line_no) as line_no, e.slice, d.product_id, coalesce(e.region, '*') as region,
    d.level
from marts.fct_diversion_evidence e
join marts.mart_diversion d on d.slice = e.slice and d.dealer_id = e.dealer_id
    and d.product_id = e.product_id and d.region = coalesce(e.region, '*')
left join marts.fct_pos p on e.report = 'pos' and p.submission_id = e.submission_id and p.row_no = e.row_no
left join marts.fct_sell_in s on e.report = 'sell_in' and s.submission_id = e.submission_id
    and s.row_no = e.row_no
"""
LINE = ["dealer_id", "invoice_no", "line_no"]


def run() -> list[Measure]:
    """By level of suspicion: cases found, flagged cells that hold a planted line, clean dealers."""
    found: list[Measure] = []
    for seed in SEEDS:
        truth, evidence = _world(seed)
        found += _measures(seed, truth, evidence)
        by_signal = _by_signal(truth, evidence)
        console.print(table(f"Cases by signal, seed {seed}", "signal", "planted", "seen", "flagged",
                            rows=by_signal))  # fmt: skip
    return found


def _world(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    with workplace():
        dbt("build", "--selector", "deploy")
        folder = settings().home / "world"
        made = write_world(WorldSpec(seed=seed), folder)
        land_month(folder, "all")
        ingest(waiting())
        judge_submissions()
        assert build() is not None
        with connect() as connection:
            cursor = connection.execute(EVIDENCE)
            names = [c.name for c in cursor.description or ()]
            evidence = pl.DataFrame(cursor.fetchall(), schema=names, orient="row",
                                    infer_schema_length=None)  # fmt: skip
        return made.truth["diversion"], evidence


def _measures(seed: int, truth: pl.DataFrame, evidence: pl.DataFrame) -> list[Measure]:
    cases = truth.filter(pl.col("suspicious"))
    planted = cases.select(LINE).unique().with_columns(planted=pl.lit(True))
    marked = evidence.join(planted, on=LINE, how="left")
    guilty = set(cases["dealer_id"])
    measures = []
    for level, levels in (("suspect", ["suspect"]), ("watch or suspect", ["suspect", "watch"])):
        flagged = marked.filter(pl.col("level").is_in(levels))
        cells = flagged.group_by("slice", "dealer_id", "product_id", "region").agg(
            pl.col("planted").any().fill_null(False)
        )
        seen = cases.join(flagged.select(LINE).unique(), on=LINE, how="semi")["case_id"].n_unique()
        named = f"{level}, world {seed}: "
        measures += [
            Measure(named + "cases found (recall)", round(seen / cases["case_id"].n_unique(), 3), "share"),
            Measure(named + "cells that hold a planted line (precision)",
                    round(int(cells["planted"].sum()) / max(cells.height, 1), 3), "share"),
            Measure(named + "clean dealers named", len(set(cells["dealer_id"]) - guilty), "dealers"),
        ]  # fmt: skip
    return measures


def _by_signal(truth: pl.DataFrame, evidence: pl.DataFrame) -> list[tuple[Any, ...]]:
    cases = truth.filter(pl.col("suspicious"))
    rows = []
    for signal in sorted(cases["signal"].unique()):
        mine = cases.filter(pl.col("signal") == signal)
        shown = evidence.filter(pl.col("signal") == signal)
        flagged = shown.filter(pl.col("level") != "none")
        rows.append((
            signal, mine["case_id"].n_unique(),
            mine.join(shown.select(LINE), on=LINE, how="semi")["case_id"].n_unique(),
            mine.join(flagged.select(LINE), on=LINE, how="semi")["case_id"].n_unique(),
        ))  # fmt: skip
    return rows
