"""Policies are read with errors that name file and line; a released one never changes."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from chip_channel.documents import DocumentError
from chip_channel.policies.policy import json_schema, policies
from chip_channel.settings import ROOT

GOOD = (ROOT / "policies" / "tier.yml").read_text(encoding="utf-8")

WRONG = [
    (
        "weights that do not add up",
        "technical: 50%",
        "technical: 40%",
        "add up to 90%, not to 100%",
    ),
    ("a weight above one", "technical: 50%", "technical: 150%", "less than or equal to 1"),
    ("levels out of order", "from: 70", "from: 90", "is not below"),
    ("no lowest level", "from: 0\n", "from: 5\n", "begins at 0"),
    ("a level twice", "level: gold", "level: platinum", "a name of its own"),
    ("no approver", "approved_by: Li Wei, sales director", "approved_by: ''", "approved_by"),
    ("a key that is not known", "parameters:", "paramters:", "Extra inputs"),
    ("another name than the file's", "policy: tier", "policy: levels", "the file is tier.yml"),
]


def _write(folder: Path, text: str) -> Path:
    (folder / "tier.yml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("old", "new", "said"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_wrong_policy_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in GOOD
    with pytest.raises(DocumentError, match=r"tier\.yml:\d+:") as told:
        policies(_write(tmp_path, GOOD.replace(old, new, 1)))
    assert said in str(told.value)


def test_versions_rise(tmp_path: Path) -> None:
    second = GOOD[GOOD.index("  - version: 1") :]
    with pytest.raises(DocumentError, match="rising order"):
        policies(_write(tmp_path, GOOD + second.replace("version: 1", "version: 2", 1)))
    later = second.replace("version: 1", "version: 2", 1).replace("2025-01-01", "2026-01-01", 1)
    (found,) = policies(_write(tmp_path, GOOD + later))
    assert [v.version for v in found.versions] == [1, 2]


@pytest.mark.parametrize("path", sorted((ROOT / "policies").glob("*.yml")), ids=lambda p: p.stem)
def test_the_published_schema_takes_the_policies(path: Path) -> None:
    document = json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))
    jsonschema.Draft202012Validator(json_schema()).validate(document)


def test_the_published_schema_is_what_the_code_reads() -> None:
    published = json.loads((ROOT / "policies" / "policy.schema.json").read_text())
    assert published == json_schema()
