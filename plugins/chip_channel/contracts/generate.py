"""What is generated from the contracts; nobody edits it, and a test fails when it differs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from chip_channel.contracts.compatibility import RELEASED, check_released, signature
from chip_channel.contracts.dbt_sources import dbt_sources
from chip_channel.contracts.model import FOLDER, Column, Contract, contracts
from chip_channel.settings import ROOT

SUITES = "expectations/raw"
DICTIONARY = "docs/dictionary.md"


def generated(known: Mapping[str, Contract] | None = None) -> dict[str, str]:
    """Path below the project -> text, for everything that is generated."""
    known = known or contracts()
    files = {f"{SUITES}/{c.name}.structure.json": structure_suite(c) for c in known.values()}
    files[DICTIONARY] = dictionary(known)
    files[RELEASED] = json.dumps(
        {name: signature(c) for name, c in known.items()}, indent=1, ensure_ascii=False
    ) + "\n"  # fmt: skip
    documents = [yaml.safe_load(p.read_text()) for p in sorted(FOLDER.glob("*.odcs.yaml"))]
    return files | dbt_sources(documents)


def write(root: Path = ROOT) -> list[str]:
    """Write what is generated; the paths that changed.

    Raises ContractBreakError when a change would break readers and its version did not step.
    """
    check_released(contracts(), root / RELEASED)
    changed = []
    for name, text in generated().items():
        path = root / name
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            changed.append(name)
    return changed


def drift(root: Path = ROOT) -> list[str]:
    """Generated files that are not what the contracts say."""
    return [
        name
        for name, text in generated().items()
        if not (root / name).exists() or (root / name).read_text() != text
    ]


def structure_suite(contract: Contract) -> str:
    """The part of gate 1 that follows from the columns."""
    protects = [f"every mart built on raw.{contract.name}"]

    def check(kind: str, name: str, **kwargs: Any) -> dict[str, Any]:
        return {"type": kind, "kwargs": kwargs, "severity": "critical",
                "meta": {"name": name, "protects": protects}}  # fmt: skip

    expectations = []
    for column in contract.columns:
        if column.required:
            expectations.append(check("expect_column_values_to_not_be_null",
                                      f"{column.name}_given", column=column.name))  # fmt: skip
        if column.values:
            expectations.append(
                check("expect_column_values_to_be_in_set", f"{column.name}_known",
                      column=column.name, value_set=list(column.values))
            )  # fmt: skip
        bounds = _bounds(column)
        if bounds:
            expectations.append(
                check("expect_column_values_to_be_between", f"{column.name}_in_range",
                      column=column.name, **bounds)
            )  # fmt: skip
    key = ", ".join(["submission_id", *contract.key])
    expectations.append(
        check("unexpected_rows_expectation", "key_once_in_a_submission",
              unexpected_rows_query=f"select {key}, count(*) as times from {{batch}} "  # noqa: S608
                                    f"group by {key} having count(*) > 1")
    )  # fmt: skip
    for rule in contract.rules:
        expectations.append(
            check("unexpected_rows_expectation", rule.name,
                  unexpected_rows_query="select submission_id, row_no from {batch} "  # noqa: S608
                                        f"where not ({rule.holds})")
        )  # fmt: skip
    document = {
        "meta": {"generated_from": f"expectations/contracts/{contract.name}.odcs.yaml",
                 "key": ["submission_id", "row_no"]},
        "expectations": expectations,
    }  # fmt: skip
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _bounds(column: Column) -> dict[str, Any]:
    if column.minimum is not None:
        return {"min_value": column.minimum}
    if column.exclusive_minimum is not None:
        return {"min_value": column.exclusive_minimum, "strict_min": True}
    return {}


def dictionary(known: Mapping[str, Contract]) -> str:
    """The dictionary of raw: every report, every column, in both languages."""
    lines = ["# Dictionary of the reports · 报告字段字典", "",
             "Generated from `expectations/contracts/` by `make contracts`.", ""]  # fmt: skip
    for contract in known.values():
        lines += [f"## {contract.name} · {contract.purpose_zh}", "",
                  f"{contract.purpose}. One row: {contract.grain}. Version {contract.version}.", "",
                  "| column | 名称 | type | | meaning |", "|---|---|---|---|---|"]  # fmt: skip
        for c in contract.columns:
            marks = ("required" if c.required else "") + (" · key" if c.key_position else "")
            values = f" One of: {', '.join(c.values)}." if c.values else ""
            unit = f" Unit: {c.unit}." if c.unit else ""
            lines.append(f"| `{c.name}` | {c.name_zh} | {c.physical_type} | {marks} | "
                         f"{c.description}.{values}{unit} |")  # fmt: skip
        if contract.rules:
            lines += ["", "Between columns:", ""]
            lines += [f"- `{r.code}` on `{r.field}`: {r.expected}" for r in contract.rules]
        lines.append("")
    return "\n".join(lines)
