"""dbt-bouncer's rules hold for the whole project, and the docs are one page that needs no server."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from chip_channel.publish.dbt import PROJECT, dbt, static_docs
from chip_channel.publish.graph import leave_idle
from chip_channel.settings import ROOT


@pytest.fixture(scope="module")
def docs(home: Path) -> Path:
    """The static page; on the way the manifest and the catalog are written."""
    dbt("build", "--selector", "deploy")
    return static_docs()


def test_the_rules_of_the_layers_hold(docs: Path, tmp_path: Path) -> None:
    config = (ROOT / "dbt-bouncer.yml").read_text()
    lines = [line for line in config.splitlines() if not line.startswith("dbt_artifacts_dir")]
    own = tmp_path / "dbt-bouncer.yml"
    own.write_text("\n".join([f"dbt_artifacts_dir: {docs.parent}", *lines]))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dbt-bouncer")), "run", "--config-file", str(own)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_the_docs_name_every_published_mart_and_its_columns(docs: Path) -> None:
    page = docs.read_text(encoding="utf-8")
    marts = [p.stem.removeprefix("publish__") for p in (PROJECT / "models/publish").glob("*.sql")]
    assert len(marts) >= 10
    assert all(name in page for name in marts)
    assert "weeks_of_supply" in page


class Models:
    """dbt's manifest: what each model is made of."""

    def __init__(self, docs: Path) -> None:
        nodes = json.loads((docs.parent / "manifest.json").read_text())["nodes"].values()
        self.by_name = {n["name"]: n for n in nodes if n["resource_type"] == "model"}
        variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
        self.windows = variables["windows"]
        self.of_every = {
            name for name, n in self.by_name.items() if n["config"].get("reads_every_report")
        }

    def below(self, name: str, through: Callable[[dict[str, Any]], bool]) -> set[str]:
        """Models and sources that a model reads, and what these read where `through` says so."""
        found: set[str] = set()
        for node in self.by_name[name]["depends_on"]["nodes"]:
            other = node.split(".", 2)[2]
            found.add(other)
            if other in self.by_name and through(self.by_name[other]):
                found |= self.below(other, through)
        return found

    def reports(self, name: str) -> set[str]:
        """Reports whose lines a model reads."""
        found = {name, *self.below(name, lambda _: True)}
        raw = {n.removeprefix("raw.") for n in found if n.startswith("raw.")}
        return {"*"} if found & self.of_every else raw

    def built_with(self, name: str) -> set[str]:
        """A mart and the models that have no table of their own, so are part of its statement."""
        return {name} | {
            other
            for other in self.below(name, _has_no_table)
            if other in self.by_name and _has_no_table(self.by_name[other])
        }


def _has_no_table(model: dict[str, Any]) -> bool:
    return bool(model["config"]["materialized"] == "ephemeral")


def test_a_mart_and_what_it_is_made_of_speak_of_the_same_months(docs: Path) -> None:
    """All parts of one statement ask for the months of one mart, or for months that hold them."""
    models, asked = Models(docs), 0
    for name, model in models.by_name.items():
        config = model["config"]
        if config["materialized"] != "slices" or config.get("one_slice"):
            continue
        if config.get("slice_of") == "period":
            continue
        if name == "mart_held_line":  # carries over what is not asked again
            continue
        for part in models.built_with(name):
            marts = re.findall(
                r"(?:affected|order)_months\('(\w+)'\)", models.by_name[part]["raw_code"]
            )
            asked += len(marts)
            reports = set().union(*map(models.reports, marts)) if marts else models.reports(name)
            windows = [models.windows.get(mart, 0) for mart in marts or [name]]
            assert reports >= models.reports(name), (name, part, marts)
            assert max(windows) >= models.windows.get(name, 0), (name, part, marts)
            if len(marts) == 1:
                assert reports == models.reports(name), (name, part, marts)
    assert asked > 50


def test_a_batch_leaves_alone_what_reads_none_of_its_reports(docs: Path) -> None:
    """With certifications alone: tiers, what tiers decide, and quality of reporting."""
    left: set[str] = set()

    def keep_names(manifest: Any) -> None:
        leave_idle(manifest, {"certification"})
        left.update(n.name for n in manifest.nodes.values() if "batch" in n.tags)

    dbt("ls", "--selector", "batch", variables={"batch_id": 0}, prepare=keep_names)
    models = Models(docs)
    reading = {name for name in models.by_name if models.reports(name) & {"certification", "*"}}
    assert {"fct_certification", "mart_tier", "mart_report_quality", "mart_channel_health"} <= left
    assert {n for n in reading if "batch" in models.by_name[n]["tags"]} <= left
    assert {"dim_dealer", "int_rebate__period", "mart_rebate_statement", "lines_add_up"} <= left
    assert not left & {"fct_pos", "fct_order", "fct_customer_month", "mart_demand_heat"}
    assert not [name for name in left if name.startswith(("grain_fct_pos", "refers_to_fct_pos"))]
