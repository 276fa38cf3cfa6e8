"""dbt-bouncer's rules hold for the whole project, and the docs are one page that needs no server."""

import subprocess
import sys
from pathlib import Path

import pytest
from chip_channel.publish.dbt import PROJECT, dbt, static_docs
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
