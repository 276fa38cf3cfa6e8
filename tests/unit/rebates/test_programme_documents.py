"""Programme files: what is wrong is said with file, line and what was expected."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from chip_channel.documents import DocumentError
from chip_channel.rebates.programme import json_schema, programmes
from chip_channel.settings import ROOT

GOOD = (ROOT / "programmes" / "focus_families.yml").read_text()
WRONG: list[tuple[str, str, str, str, str]] = [
    ("overlapping bands", "{from: 400000, rate: 2%}", "{from: 100000, rate: 2%}", "rate: 2%", "overlap"),
    ("bands in falling order", "{from: 1000000, rate: 3%}", "{from: 5, rate: 3%}", "rate: 3%", "overlap"),
    ("a rate of 150 %", "rate: 1%}", "rate: 150%}", "150%", "more than all of it"),
    ("a rate without percent", "rate: 3%}", "rate: 3}", "rate: 3}", "more than all of it"),
    ("no approver", "    approved_by: Zhang Min, channel finance\n", "", "version: 1", "Field required"),
    ("an unknown mode", "mode: marginal", "mode: progressive", "progressive", "Input should be"),
    ("an unknown key", "    basis: year", "    bonus: 5\n    basis: year", "bonus: 5", "Extra inputs"),
    ("a key twice", "    mode: marginal", "    mode: marginal\n    mode: retro", "mode: retro", "given twice"),
    ("no day left", "valid_to: 2025-12-31", "valid_to: 2025-01-31", "valid_to: 2025-01-31", "before valid_from"),
    ("a version twice", "  - version: 2", "  - version: 1", "version: 1", "one version of a number"),
    ("growth without a baseline", "mode: marginal\n    basis: year_to_date",
     "mode: growth_retro\n    basis: period", "version: 1", "needs one"),
    ("growth to date", "mode: marginal", "mode: growth_marginal\n    baseline: {of: prior_year}",
     "basis: year_to_date", "growth is measured by period"),
    ("a cap below the floor", "cap: 200000.00", "cap: 1.00\n    floor: 2.00", "cap: 1.00", "below the floor"),
    ("net on level 1", "stacking: {level: 1, base: gross}", "stacking: {level: 1, base: net}", "base: net",
     "level 2"),
    ("no YAML", 'boundary: ">="', 'boundary: ">=', "", "YAML"),
]  # fmt: skip
"""What is wrong, the text and what stands there instead, what stands on the line told, what is said."""


def _write(folder: Path, text: str, name: str = "focus_families") -> Path:
    (folder / f"{name}.yml").write_text(text)
    return folder


def _plain(value: Any) -> Any:
    """A document as JSON has it."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value if isinstance(value, bool | int | float | str) else str(value)


def test_the_programmes_of_the_project_are_read() -> None:
    found = {p.programme: p for p in programmes(ROOT / "programmes")}
    assert {p.component for p in found.values()} == {"base", "incremental", "special"}
    assert all(p.name.zh and p.name.en for p in found.values())
    assert str(found["focus_families"].versions[0].bands[1].rate) == "0.02"


@pytest.mark.parametrize(
    ("old", "new", "at", "said"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_a_wrong_document_is_told_with_line_and_expectation(
    tmp_path: Path, old: str, new: str, at: str, said: str
) -> None:
    assert old in GOOD
    with pytest.raises(DocumentError) as told:
        programmes(_write(tmp_path, GOOD.replace(old, new, 1)))
    text = str(told.value)
    assert said in text
    line = int(text.split("focus_families.yml:")[1].split(":", maxsplit=1)[0])
    if at:  # where a quote is left open, YAML tells where it gave up
        assert at in (tmp_path / "focus_families.yml").read_text().splitlines()[line - 1], text


def test_two_programmes_must_not_have_one_key(tmp_path: Path) -> None:
    _write(tmp_path, GOOD)
    with pytest.raises(DocumentError, match="two programmes must not have one key"):
        programmes(_write(tmp_path, GOOD, "focus_families_again"))


def test_net_of_nothing_is_refused(tmp_path: Path) -> None:
    text = (ROOT / "programmes" / "technical_support.yml").read_text()
    with pytest.raises(DocumentError, match="net of what"):
        programmes(_write(tmp_path, text, "technical_support"))


@pytest.mark.parametrize("path", sorted((ROOT / "programmes").glob("*.yml")), ids=lambda p: p.stem)
def test_the_published_schema_takes_the_programmes(path: Path) -> None:
    jsonschema.Draft202012Validator(json_schema()).validate(
        _plain(yaml.safe_load(path.read_text()))
    )


def test_the_published_schema_is_what_the_code_reads() -> None:
    published = json.loads((ROOT / "programmes" / "programme.schema.json").read_text())
    assert published == json_schema()


def test_the_published_schema_refuses_an_unknown_mode() -> None:
    document = _plain(yaml.safe_load(GOOD.replace("mode: marginal", "mode: progressive")))
    found = list(jsonschema.Draft202012Validator(json_schema()).iter_errors(document))
    assert any("progressive" in error.message for error in found)
