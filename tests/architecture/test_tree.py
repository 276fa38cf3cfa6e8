"""The tree keeps its shape: short files, settings that are all explained, no secret, layers."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from chip_channel.quality.suite import SuiteError, datasets, suite
from chip_channel.settings import ROOT, Settings

COMPOSE = (ROOT / "docker-compose.yml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
LONGEST = 400


def tracked(*patterns: str) -> list[Path]:
    """Files that git knows."""
    found = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in found.splitlines()]


def test_every_file_fits_a_head() -> None:
    files = tracked("*.py", "*.sql")
    assert len(files) > 100
    assert [str(p) for p in files if len(p.read_text().splitlines()) > LONGEST] == []


def test_layers_are_kept() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "4 kept, 0 broken" in done.stdout


def example_names() -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))


def test_every_setting_is_explained_in_the_example() -> None:
    wanted = {f"CHIP_CHANNEL_{name.upper()}" for name in Settings.model_fields}
    assert wanted <= example_names()


def test_every_variable_that_the_code_reads_is_in_the_example() -> None:
    read = set()
    for path in tracked("plugins/*.py", "dbt_project/profiles.yml"):
        read |= set(
            re.findall(
                r"""(?:environ(?:\.get\(|\[)|env_var\()["']([A-Z_]+)["']""", path.read_text()
            )
        )
    internal = {"PATH", "CHIP_CHANNEL_DEBUG"} | {
        n for n in read if n.startswith("CHIP_CHANNEL_DB_")
    }
    assert "CHIP_CHANNEL_NOTIFY" in read
    assert read - internal - example_names() == set()


def test_compose_takes_every_secret_from_the_environment() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))
    assert used <= example_names()
    services = yaml.safe_load(COMPOSE)["services"]
    assert set(services) == {"postgres", "redis", "init", "api-server", "scheduler", "dag-processor",
                             "triggerer", "worker", "report", "dealer-api"}  # fmt: skip
    for name, service in services.items():
        for key, value in (service.get("environment") or {}).items():
            if re.search("PASSWORD|SECRET|KEY|CONN$|BROKER|RESULT_BACKEND", key):
                assert "${" in str(value), f"{name}: {key}"
    required = set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE))
    empty = set(re.findall(r"^([A-Z_]+)=$", EXAMPLE, re.MULTILINE))
    assert required <= empty
    assert services["worker"]["environment"]["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"


@pytest.mark.parametrize("gate", ["raw", "marts", "publish"])
def test_every_check_blocks_or_warns_and_names_what_it_protects(gate: str) -> None:
    names = datasets(gate)
    assert names
    for name in names:
        for expectation in suite(gate, name).expectations:
            assert expectation["severity"] in ("critical", "warning")
            assert expectation["meta"]["protects"]


def test_a_check_that_protects_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    check = {"type": "expect_column_to_exist", "kwargs": {"column": "x"}, "severity": "critical"}
    for meta in ({}, {"name": "x"}, {"protects": ["y"]}):
        document = {"expectations": [check | {"meta": meta}]}
        (tmp_path / "raw" / "pos.json").write_text(json.dumps(document))
        with pytest.raises(SuiteError, match=r"pos\.json"):
            suite("raw", "pos", tmp_path)


def test_the_doctor_finds_nothing_wrong_with_the_tree_and_says_what_a_broken_one_needs(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from chip_channel.doctor import examine
    from chip_channel.settings import settings

    (home / "landing").mkdir()
    bad = {d.what for d in examine() if not d.good}
    assert bad == {"Published views"}  # this warehouse has no dbt views yet
    folder = tmp_path / "feeds" / "acme"
    folder.mkdir(parents=True)
    (folder / "feed.yml").write_text("dealer_id: acme\ntime_zone: Mars/Base\n")
    monkeypatch.setenv("CHIP_CHANNEL_FEEDS", str(tmp_path / "feeds"))
    monkeypatch.setenv("CHIP_CHANNEL_LANDING", str(tmp_path / "nowhere"))
    monkeypatch.setenv("CHIP_CHANNEL_DATABASE_URL", "postgresql://x:y@127.0.0.1:1/z")
    settings.cache_clear()
    found = {d.what: d for d in examine() if not d.good}
    settings.cache_clear()
    assert {"Feed", "Landing", "PostgreSQL"} <= set(found)
    assert "feed.yml:" in found["Feed"].found
    assert all(d.mend for d in found.values())
