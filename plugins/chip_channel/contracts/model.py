"""Contracts as intake, the warehouse and the gates read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import yaml

from chip_channel.settings import ROOT

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, in C where libyaml is there: ten times as fast."""
FOLDER = ROOT / "expectations" / "contracts"
LINEAGE = {"submission_id": "bigint", "row_no": "bigint", "line_hash": "bigint"}
"""Columns that intake adds in front of every line, and their PostgreSQL types."""

Kind = Literal["text", "list", "number", "integer", "date", "timestamp"]
_KINDS: dict[str, Kind] = {
    "string": "text",
    "array": "list",
    "number": "number",
    "integer": "integer",
    "date": "date",
    "timestamp": "timestamp",
}


@dataclass(frozen=True)
class Column:
    """One column of a report."""

    name: str
    kind: Kind
    physical_type: str
    required: bool
    key_position: int
    description: str
    name_zh: str
    unit: str
    values: tuple[str, ...]
    minimum: float | None
    exclusive_minimum: float | None
    pattern: str | None
    format: str | None
    aliases: tuple[str, ...]
    codes: Mapping[str, str]

    @property
    def integer_digits(self) -> int:
        """Digits before the decimal point that the physical type holds."""
        if self.kind == "integer":
            return 9
        precision, scale = self.physical_type.removeprefix("numeric(").rstrip(")").split(",")
        return int(precision) - int(scale)

    @property
    def smallest(self) -> float:
        """Numbers below this are stored as 0; a part of a whole number is not stored at all."""
        if self.kind == "integer":
            return 0.0
        return float(0.5 * 10.0 ** -int(self.physical_type.rstrip(")").split(",")[1]))

    def code(self, failure: str) -> str:
        """The code of a failed check on this column: required, type, values, minimum, pattern."""
        return self.codes.get(failure) or _default_code(self, failure)


@dataclass(frozen=True)
class RowRule:
    """What must hold between the columns of one line, as a portable SQL condition."""

    name: str
    code: str
    field: str
    holds: str
    expected: str


@dataclass(frozen=True)
class Contract:
    """One canonical report."""

    name: str
    version: str
    purpose: str
    purpose_zh: str
    grain: str
    business_date: str | None
    validity: tuple[str, ...]
    """First and last column of the days that a line holds for; empty where it is about one day."""
    columns: tuple[Column, ...] = field(repr=False)
    rules: tuple[RowRule, ...] = field(repr=False)

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Columns of the key, in order (the dealer is always the first part, and not listed)."""
        keyed = sorted((c.key_position, c.name) for c in self.columns if c.key_position)
        return tuple(name for _, name in keyed)

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {c.name: c for c in self.columns}


def _default_code(column: Column, failure: str) -> str:
    if failure == "required":
        return "E_REQUIRED"
    if failure == "values":
        return "E_ENUM"
    if column.kind in ("date", "timestamp"):
        return "E_DATE"
    if column.kind in ("number", "integer"):
        return "E_PRICE_NUMBER" if "currency" in column.unit else "E_QTY_NUMBER"
    return "E_FORMAT"


def _custom(node: dict[str, Any]) -> dict[str, Any]:
    return {p["property"]: p["value"] for p in node.get("customProperties", ())}


def _column(node: dict[str, Any]) -> Column:
    custom, options = _custom(node), node.get("logicalTypeOptions", {})
    arguments = [q["arguments"] for q in node.get("quality", ()) if q.get("arguments")]
    return Column(
        name=node["name"],
        kind=_KINDS[node["logicalType"]],
        physical_type=node.get("physicalType", "text"),
        required=node.get("required", False),
        key_position=node.get("primaryKeyPosition", 0),
        description=node.get("description", ""),
        name_zh=custom["nameZh"],
        unit=custom.get("unit", ""),
        values=tuple(arguments[0]["validValues"]) if arguments else (),
        minimum=options.get("minimum"),
        exclusive_minimum=options.get("exclusiveMinimum"),
        pattern=options.get("pattern"),
        format=custom.get("format"),
        aliases=tuple(custom.get("aliases", ())),
        codes=custom.get("codes", {}),
    )


def read_contract(path: Path) -> Contract:
    """Read one `<report>.odcs.yaml`; that it is of the standard's form is asked by the tests.

    Raises KeyError naming what is missing, yaml.YAMLError when the file is not YAML.
    """
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - it is the safe one
    schema, custom = document["schema"][0], _custom(document)
    return Contract(
        name=document["name"],
        version=document["version"],
        purpose=document["description"]["purpose"],
        purpose_zh=custom["purposeZh"],
        grain=schema["dataGranularityDescription"],
        business_date=custom.get("businessDate"),
        validity=tuple(custom.get("validity", ())),
        columns=tuple(map(_column, schema["properties"])),
        rules=tuple(
            RowRule(name=q["name"], **q["implementation"])
            for q in schema.get("quality", ())
            if q.get("engine") == "row-rule"
        ),
    )


def contracts(folder: Path = FOLDER) -> dict[str, Contract]:
    """All contracts by report name."""
    names = sorted(path.name.split(".")[0] for path in folder.glob("*.odcs.yaml"))
    return {name: contract(name, folder) for name in names}


@cache
def contract(report: str, folder: Path = FOLDER) -> Contract:
    """The contract of a report; KeyError when there is none."""
    path = folder / f"{report}.odcs.yaml"
    if not path.exists():
        raise KeyError(report)
    return read_contract(path)
