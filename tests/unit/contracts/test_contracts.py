"""Contracts: of the standard's form, the only source of what is generated, kept to readers."""

import copy
import json
from pathlib import Path

import pytest
import yaml
from chip_channel.contracts import contracts
from chip_channel.contracts.compatibility import ContractBreakError, check_released, signature
from chip_channel.contracts.generate import drift, generated
from chip_channel.contracts.model import FOLDER, read_contract
from chip_channel.intake.codes import codes
from chip_channel.settings import ROOT
from open_data_contract_standard.model import OpenDataContractStandard

FILES = sorted(FOLDER.glob("*.odcs.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_contract_is_of_the_open_data_contract_standard(path: Path) -> None:
    document = OpenDataContractStandard.from_file(str(path))
    assert document.apiVersion == "v3.1.0"
    assert document.kind == "DataContract"
    assert document.model_extra in (None, {})


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_column_is_described_in_both_languages(path: Path) -> None:
    for column in read_contract(path).columns:
        assert column.description
        assert any("\u4e00" <= c <= "\u9fff" for c in column.name_zh)
        assert column.aliases


def test_every_code_of_a_contract_is_in_the_list_of_codes() -> None:
    for contract in contracts().values():
        for rule in contract.rules:
            assert rule.code in codes()
            assert rule.field in contract.by_name
        for column in contract.columns:
            assert {column.code(f) for f in ("required", "type", "values", "minimum")} <= set(
                codes()
            )


def test_every_code_says_in_both_languages_what_to_do() -> None:
    for code, words in codes().items():
        assert words["en"]
        assert words["zh"]
        assert code.startswith("S_") or (words["advice"] and words["advice_zh"])


def test_nothing_generated_differs_from_the_contracts() -> None:
    assert drift() == []


def test_a_changed_generated_file_is_found(tmp_path: Path) -> None:
    for name, text in generated().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert drift(tmp_path) == []
    changed = tmp_path / "expectations/raw/pos.structure.json"
    changed.write_text(changed.read_text().replace("sale", "sold"))
    assert drift(tmp_path) == ["expectations/raw/pos.structure.json"]


def released(tmp_path: Path) -> Path:
    path = tmp_path / "released.json"
    path.write_text(json.dumps({name: signature(c) for name, c in contracts().items()}))
    return path


def changed(tmp_path: Path, report: str, change) -> dict:
    """All contracts, one of them changed as its YAML would be."""
    document = yaml.safe_load((FOLDER / f"{report}.odcs.yaml").read_text())
    change(document)
    path = tmp_path / f"{report}.odcs.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
    return dict(contracts()) | {report: read_contract(path)}


def properties(document: dict) -> list[dict]:
    return document["schema"][0]["properties"]


def drop_a_column(document: dict) -> None:
    properties(document).pop()


def change_a_type(document: dict) -> None:
    next(p for p in properties(document) if p["name"] == "qty")["physicalType"] = "numeric(18,6)"


def require_a_column(document: dict) -> None:
    next(p for p in properties(document) if p["name"] == "lot")["required"] = True


def forget_a_word(document: dict) -> None:
    column = next(p for p in properties(document) if p["name"] == "type")
    column["quality"][0]["arguments"]["validValues"] = ["sale", "return", "sample"]


def change_the_key(document: dict) -> None:
    column = next(p for p in properties(document) if p["name"] == "line_no")
    del column["primaryKey"], column["primaryKeyPosition"]


def add_a_column(document: dict) -> None:
    extra = copy.deepcopy(properties(document)[-1]) | {"name": "warranty_no"}
    properties(document).append(extra)


BREAKING = [drop_a_column, change_a_type, require_a_column, forget_a_word, change_the_key]


@pytest.mark.parametrize("change", BREAKING, ids=lambda f: f.__name__)
def test_a_change_that_breaks_readers_needs_a_major_step(tmp_path: Path, change) -> None:
    with pytest.raises(ContractBreakError, match=r"pos: .*2\.0\.0"):
        check_released(changed(tmp_path, "pos", change), released(tmp_path))

    def with_a_step(document: dict) -> None:
        change(document)
        document["version"] = "2.0.0"

    check_released(changed(tmp_path, "pos", with_a_step), released(tmp_path))


def test_an_addition_needs_a_minor_step(tmp_path: Path) -> None:
    with pytest.raises(ContractBreakError, match=r"warranty_no is new.*1\.1\.0"):
        check_released(changed(tmp_path, "pos", add_a_column), released(tmp_path))


def test_a_contract_that_vanished_is_refused(tmp_path: Path) -> None:
    rest = {name: c for name, c in contracts().items() if name != "price"}
    with pytest.raises(ContractBreakError, match="price"):
        check_released(rest, released(tmp_path))


def test_the_lock_and_the_tree_name_no_registry() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text()
        assert "--hash=sha256:" in lock.read_text()
