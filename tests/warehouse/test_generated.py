"""What is generated stands in the repository as the generators write it now."""

from pathlib import Path

import pytest
import yaml
from chip_channel.calendar_cn import calendar_seed
from chip_channel.contracts.dbt_sources import dbt_sources

ROOT = Path(__file__).parents[2]
CONTRACTS = [
    yaml.safe_load(p.read_text(encoding="utf-8"))
    for p in (ROOT / "expectations/contracts").glob("*.odcs.yaml")
]


@pytest.mark.parametrize(("path", "text"), dbt_sources(CONTRACTS).items())
def test_dbt_sources_follow_the_contracts(path, text):
    assert (ROOT / path).read_text(encoding="utf-8") == text


def test_every_column_of_every_contract_has_a_doc_block():
    docs = dbt_sources(CONTRACTS)["dbt_project/models/contracts.md"]
    for contract in CONTRACTS:
        for column in contract["schema"][0]["properties"]:
            assert f"{{% docs {contract['name']}__{column['name']} %}}" in docs


def test_calendar_seed_is_the_packages_calendar():
    assert (ROOT / "dbt_project/seeds/cn_calendar.csv").read_text(
        encoding="utf-8"
    ) == calendar_seed()
