"""Suites of checks, as plain JSON of Great Expectations in `expectations/<gate>/`.

`<dataset>.structure.json` is generated from the contract; `<dataset>.json` holds the rules that
people wrote. `severity` critical blocks, warning warns; `meta` names the check and what it protects.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from chip_channel.settings import ROOT

Gate = Literal["raw", "marts", "publish", "settle"]
FOLDER = ROOT / "expectations"


class SuiteError(ValueError):
    """A suite file is not what it must be; the message names the file and the check."""


@dataclass(frozen=True)
class Suite:
    """All checks of one dataset at one gate."""

    gate: Gate
    dataset: str
    key: tuple[str, ...]
    """Columns by which a failing row is named."""
    expectations: tuple[dict[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        """The form that `ExpectationSuite(**…)` takes."""
        return {"name": f"{self.gate}.{self.dataset}", "expectations": list(self.expectations)}


def suite(gate: Gate, dataset: str, folder: Path = FOLDER) -> Suite | None:
    """The checks of a dataset; None when there are none.

    Raises SuiteError when a check has no name, or does not say what it protects.
    """
    expectations: list[dict[str, Any]] = []
    key: tuple[str, ...] = ()
    for path in sorted((folder / gate).glob(f"{dataset}*.json")):
        if path.name not in (f"{dataset}.json", f"{dataset}.structure.json"):
            continue
        document = json.loads(path.read_text())
        key = tuple(document.get("meta", {}).get("key", ())) or key
        for expectation in document["expectations"]:
            meta = expectation.get("meta", {})
            if not meta.get("name") or not meta.get("protects"):
                raise SuiteError(f"{path}: {expectation['type']}: meta needs name and protects")
            if expectation.get("severity") not in ("critical", "warning"):
                raise SuiteError(f"{path}: {meta['name']}: severity is critical or warning")
            expectations.append(expectation)
    names = [e["meta"]["name"] for e in expectations]
    twice = {n for n in names if names.count(n) > 1}
    if twice:
        raise SuiteError(f"{gate}/{dataset}: two checks are called {', '.join(sorted(twice))}")
    return Suite(gate, dataset, key, tuple(expectations)) if expectations else None


def datasets(gate: Gate, kind: str | None = None, folder: Path = FOLDER) -> list[str]:
    """Names of the datasets that have checks at a gate; with `kind` those of such batches.

    A suite is for batches of facts (`publication`) unless its meta says another `batch`.
    """
    found = set()
    for path in (folder / gate).glob("*.json"):
        told = json.loads(path.read_text()).get("meta", {}).get("batch", "publication")
        if kind in (None, told):
            found.add(path.name.split(".")[0])
    return sorted(found)
