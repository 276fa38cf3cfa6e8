"""Statements of 20 programmes on 1 M POS lines of 200 dealers, beside one hand-written GROUP BY."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from chip_channel.publish.batch import finish, open_batch
from chip_channel.publish.build import run_models
from chip_channel.publish.dbt import dbt
from chip_channel.rebates.registry import release
from chip_channel.settings import ROOT
from chip_channel.warehouse import connect

from benchmarks.daily import publish_without_gates
from benchmarks.history import add_day, fill
from benchmarks.measure import Clock, Measure, at_most, workplace

STATEMENTS = (
    "int_rebate__period",
    "int_rebate__window",
    "int_rebate__first_buy",
    "int_rebate__cell",
    "mart_rebate_statement",
)
PERIODS = 4  # quarters of 2026; the last one is open
# The same lines, parts, dealers, rates and bands, joined as one would by hand.
BY_HAND = """
create table by_hand as
select summed.*, round(summed.amount * band.rate, 2) as rebate
from (
    select r.programme, r.version, date_trunc('quarter', l.slice)::date as period, l.dealer_id,
        sum(l.amount_vendor * r.tax_factor) as amount
    from publish.fct_pos l
    join publish.dim_product p on p.product_id = l.product_id and p.is_current
    join rebate.programme r on l.slice >= r.valid_from and r.simulation = 0
    join publish.dim_dealer d on d.dealer_id = l.dealer_id and l.invoice_date >= d.valid_from
    where l.sold_to_dealer_id is null and l.line_type <> 'sample'
        and (
            exists (select 1 from rebate.scope s where s.programme = r.programme
                and s.version = r.version and s.kind = 'family' and s.value = p.family)
            or not exists (select 1 from rebate.scope s where s.programme = r.programme
                and s.version = r.version and s.kind = 'family')
        )
    group by r.programme, r.version, date_trunc('quarter', l.slice), l.dealer_id
) as summed
join rebate.band band on band.programme = summed.programme and band.version = summed.version
    and summed.amount >= coalesce(band.from_value, summed.amount)
    and (band.upto_value is null or summed.amount < band.upto_value)
"""


def run() -> list[Measure]:
    """Seconds of the engine's own statements, as ratios."""
    with workplace() as home:
        dbt("build", "--selector", "deploy")
        fill(12)
        _build(home, 0)
        publish_without_gates()
        added = _build(home, 20)
        statements, lines = (sum(added[name] for name in names)
                             for names in (STATEMENTS, ("fct_rebate_line",)))  # fmt: skip
        publish_without_gates()
        with connect() as connection:
            connection.execute("set jit = off; set work_mem = '128MB'")
            with Clock() as hand:
                connection.execute(BY_HAND)
            differ = connection.execute(
                "select count(*) from by_hand h join marts.mart_rebate_statement s "
                "using (programme, dealer_id) where s.slice = h.period and s.amount <> h.rebate"
            ).fetchone()
            there = connection.execute(
                "select count(*) from marts.mart_rebate_statement"
            ).fetchone()
        assert differ == (0,)
        assert there == (20 * 200 * PERIODS,)
        add_day(20_000)
        changed = _build(home, 20)
        again = sum(changed[name] for name in STATEMENTS)
        with connect() as connection:
            periods = connection.execute(
                "select count(distinct slice) from ctl.slice_version where mart = 'mart_rebate_statement' "
                "and batch_id = (select max(batch_id) from ctl.batch)"
            ).fetchone()
    assert periods
    return [
        Measure("hand-written GROUP BY, 20 programmes, 1 M lines", hand.seconds, "s"),
        Measure("statements, 20 programmes, 200 dealers, 4 quarters", statements, "s"),
        at_most("statements ÷ GROUP BY", statements / hand.seconds, "ratio", 3),
        Measure("shares of the lines, to the cent", lines, "s"),
        at_most("periods recomputed for one changed month", float(periods[0]), "periods", 1),
        at_most("changed period ÷ all four", again / statements, "ratio", 0.6),
    ]


def _build(home: Path, count: int) -> dict[str, float]:
    """Release the first so many programmes and build what waits: seconds by model."""
    folder = home / "programmes"
    folder.mkdir(exist_ok=True)
    for n in range(count):
        (folder / f"bench_{n:02d}.yml").write_text(yaml.safe_dump(_programme(n), sort_keys=False))
    release(folder)
    batch = open_batch()
    assert batch is not None
    nodes = run_models(batch)
    finish(batch.batch_id, "built")
    return {node.name: node.seconds for node in nodes}


def _programme(n: int) -> dict[str, Any]:
    """Every other one is for a quarter of the families."""
    text = (ROOT / "programmes" / "base_volume.yml").read_text(encoding="utf-8")
    made: dict[str, Any] = yaml.safe_load(text)
    version = made["versions"][0]
    made["programme"] = f"bench_{n:02d}"
    version["valid_from"] = date(2026, 1, 1)
    version["measure"] |= {"of": "pos", "dealer_sales": "exclude"}
    version.pop("dealers", None)
    version["eligibility"] = {"no_open_diversion_case": False}
    version["bands"] = [
        {"from": 0, "rate": float(Decimal(n + 1) / 1000)},
        {"from": 40_000, "rate": float(Decimal(n + 2) / 1000)},
        {"from": 100_000, "rate": float(Decimal(n + 3) / 1000)},
    ]
    if n % 2:
        version["parts"] = {"families": [f"F{(n + k) % 12}" for k in range(3)]}
    return made
