"""Programme files: what is wrong is said with file, line and what was expected."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from chip_channel.documents import DocumentError
from chip_channel.rebates.programme import json_schema, programmes
from chip_channel.settings import ROOT

GOOD = (ROOT / "programmes" / "focus_families.yml").read_text()


def _write(folder: Path, text: str, name: str = "focus_families") -> Path:
    (folder / f"{name}.yml").write_text(text)
    return folder


def test_the_programmes_of_the_project_are_read() -> None:
    found = {p.programme: p for p in programmes(ROOT / "programmes")}
    assert {p.component for p in found.values()} == {"base", "incremental", "special"}
    assert all(p.name.zh and p.name.en for p in found.values())
    assert found["focus_families"].versions[0].bands[1].rate is not None


WRONG: list[tuple[str, str, str, int, str]] = [
    ("overlapping bands", "{from: 400000, rate: 2%}", "{from: 100000, rate: 2%}", 25, "overlap"),
    ("bands in falling order", "{from: 1000000, rate: 3%}", "{from: 50000, rate: 3%}", 26, "overlap"),
    ("a rate of 150 %", "rate: 1%}", "rate: 150%}", 24, "more than all of it"),
    ("a rate without percent", "rate: 3%}", "rate: 3}", 26, "more than all of it"),
    ("no approver", "    approved_by: Zhang Min, channel finance\n", "", 10, "Field required"),
    ("an unknown mode", "mode: marginal", "mode: progressive", 20, "Input should be"),
    ("a key that is not known", "    basis: year_to_date", "    basis: year_to_date\n    bonus: 5", 22, "Extra inputs"),
    ("a key twice", "    mode: marginal", "    mode: marginal\n    mode: retro", 21, "given twice"),
    ("valid to before valid from", "valid_to: 2025-12-31", "valid_to: 2025-01-31", 11, "before valid_from"),
    ("the same version twice", "  - version: 2", "  - version: 1", 31, "one version of a number"),
    ("growth without a baseline", "mode: marginal\n    basis: year_to_date", "mode: growth_retro\n    basis: period",
     9, "needs one"),
    ("growth by the year to date", "mode: marginal", "mode: growth_marginal\n    baseline: {of: prior_year}", 22,
     "growth is measured by period"),
    ("a cap below the floor", "cap: 200000.00", "cap: 1.00\n    floor: 2.00", 27, "below the floor"),
    ("net without a lower level", "stacking: {level: 1, base: gross}", "stacking: {level: 1, base: net}", 30, "level 2"),
    ("no YAML at all", "versions:", "versions: [", 6, "YAML"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "said"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_a_wrong_document_is_told_with_line_and_expectation(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert old in GOOD
    with pytest.raises(DocumentError) as told:
        programmes(_write(tmp_path, GOOD.replace(old, new, 1)))
    first = str(told.value)
    assert said in first
    found = int(first.split("focus_families.yml:")[1].split(":")[0])
    assert abs(found - line) <= 1, first


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
    as_text: Callable[[Any], Any] = lambda v: (
        v if isinstance(v, dict | list | bool | int | float) else str(v)
    )  # noqa: E731
    document = yaml.safe_load(path.read_text())

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()}
        return [plain(v) for v in value] if isinstance(value, list) else as_text(value)

    jsonschema.Draft202012Validator(json_schema()).validate(plain(document))


def test_the_published_schema_is_what_the_code_reads() -> None:
    import json

    published = json.loads((ROOT / "programmes" / "programme.schema.json").read_text())
    assert published == json_schema()


def test_the_published_schema_refuses_an_unknown_mode() -> None:
    document = yaml.safe_load(GOOD.replace("mode: marginal", "mode: progressive"))
    validator = jsonschema.Draft202012Validator(json_schema())
    assert any("progressive" in error.message for error in validator.iter_errors(document))
