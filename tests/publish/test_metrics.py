"""Every metric says what plain SQL says on what readers see."""

import csv
import os
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from chip_channel.publish.dbt import PROJECT, dbt
from chip_channel.warehouse import connect

pytestmark = pytest.mark.usefixtures("published")

HEALTH = "publish.mart_inventory_health"
FLOW = "publish.fct_inventory_rollforward"
STOCK = "publish.fct_inventory_daily"
REPORTS = "publish.mart_report_quality"
ENABLEMENT = "publish.mart_enablement"
# metric: numerator, denominator, view, month
PLAIN = {
    "turnover": (
        "sum(cost_of_goods_12m_vendor)", "nullif(sum(mean_stock_value_vendor), 0)", HEALTH, "slice",
    ),
    "dead_share": (
        "sum(dead_value_vendor)",
        "nullif(sum(stock_value_vendor) filter (where dead_value_vendor is not null), 0)",
        HEALTH, "slice",
    ),
    "sell_through": (
        "sum(pos_qty - customer_return_qty) filter (where opening_qty is not null)",
        "nullif(sum(opening_qty + receipt_qty), 0)", FLOW, "slice",
    ),
    "weeks_of_supply": (
        "sum(on_hand_qty) filter (where weeks_of_supply > 0)",
        "nullif(sum(on_hand_qty / nullif(weeks_of_supply, 0)), 0)",
        STOCK, "date_trunc('month', as_of)::date",
    ),
    "on_time_reporting": (
        "sum((reported_on <= due_date)::int)::numeric", "count(*)", REPORTS, "slice",
    ),
    "accrued_rebate": ("sum(accrued)", "1", "publish.mart_rebate_accrual", "month"),
    "repurchase_rate": (
        "sum(repurchased_customers)::numeric", "nullif(sum(judged_customers), 0)",
        ENABLEMENT, "slice",
    ),
    "cost_of_goods_12m": ("sum(cost_of_goods_12m_vendor)", "1", HEALTH, "slice"),
    "mean_stock_value": ("sum(mean_stock_value_vendor)", "1", HEALTH, "slice"),
    "dead_value": ("sum(dead_value_vendor)", "1", HEALTH, "slice"),
    "judged_stock_value": (
        "sum(stock_value_vendor) filter (where dead_value_vendor is not null)", "1", HEALTH, "slice",
    ),
    "sold_qty": (
        "sum(pos_qty - customer_return_qty) filter (where opening_qty is not null)", "1",
        FLOW, "slice",
    ),
    "supplied_qty": ("sum(opening_qty + receipt_qty)", "1", FLOW, "slice"),
    "on_hand_that_sells": (
        "sum(on_hand_qty) filter (where weeks_of_supply > 0)", "1",
        STOCK, "date_trunc('month', as_of)::date",
    ),
    "weekly_pos": (
        "sum(on_hand_qty / nullif(weeks_of_supply, 0))", "1",
        STOCK, "date_trunc('month', as_of)::date",
    ),
    "reports_on_time": ("sum((reported_on <= due_date)::int)", "1", REPORTS, "slice"),
    "reports_due": ("count(*)", "1", REPORTS, "slice"),
    "repurchased_customers": ("sum(repurchased_customers)", "1", ENABLEMENT, "slice"),
    "judged_customers": ("sum(judged_customers)", "1", ENABLEMENT, "slice"),
}  # fmt: skip


@pytest.fixture(scope="module")
def project(published: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A parsed copy of the dbt project: MetricFlow looks for the manifest in its target folder."""
    copy = tmp_path_factory.mktemp("metrics") / "dbt_project"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("target", "logs"))
    dbt("parse")  # sets the connection in the environment
    done = run("dbt", copy, "parse")
    assert done.returncode == 0, done.stdout + done.stderr
    return copy


def run(tool: str, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A tool of this environment, in the project."""
    return subprocess.run(
        [str(Path(sys.executable).parent / tool), *arguments],
        cwd=project, capture_output=True, text=True, check=False, timeout=300,
        env=os.environ | {"DBT_PROFILES_DIR": str(project)},
    )  # fmt: skip


def metrics() -> set[str]:
    models = yaml.safe_load((PROJECT / "models/semantic/metrics.yml").read_text(encoding="utf-8"))
    return {m["name"] for m in models["metrics"]}


@pytest.fixture(scope="module")
def asked(project: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """All metrics by month and dealer, as MetricFlow answers."""
    file = tmp_path_factory.mktemp("answer") / "metrics.csv"
    done = run(
        "mf", project, "query", "--metrics", ",".join(sorted(metrics())),
        "--group-by", "metric_time__month,dealer", "--csv", str(file),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_every_metric_is_compared() -> None:
    assert metrics() == set(PLAIN)


@pytest.mark.parametrize("metric", sorted(PLAIN))
def test_a_metric_is_what_plain_sql_says(metric: str, asked: list[dict[str, str]]) -> None:
    numerator, denominator, view, month = PLAIN[metric]
    with connect("bi_reader") as connection:
        rows = connection.execute(
            f"select {month}::text, dealer_id, {numerator} / {denominator} from {view} group by 1, 2"
        ).fetchall()
    wanted = {(m, dealer): value for m, dealer, value in rows if value is not None}
    found = {
        (row["metric_time__month"][:10], row["dealer"]): Decimal(row[metric])
        for row in asked
        if row[metric] not in ("", "None", "nan", "NULL")
    }
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        assert found[key] == pytest.approx(value, rel=Decimal("1e-5"), abs=Decimal("0.005")), key


def test_the_semantic_models_are_valid(project: Path) -> None:
    done = run("mf", project, "validate-configs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not re.search(r"ERRORS: [1-9]", done.stdout), done.stdout
