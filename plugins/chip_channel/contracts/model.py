"""Contracts as intake, the warehouse and the gates read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from open_data_contract_standard.model import OpenDataContractStandard, SchemaProperty

from chip_channel.settings import ROOT

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


def _custom(properties: Any) -> dict[str, Any]:
    return {p.property: p.value for p in properties or []}


def _column(p: SchemaProperty) -> Column:
    custom, options = _custom(p.customProperties), p.logicalTypeOptions or {}
    allowed = next((q.arguments["validValues"] for q in p.quality or [] if q.arguments), ())
    return Column(
        name=p.name or "",
        kind=_KINDS[p.logicalType or ""],
        physical_type=p.physicalType or "text",
        required=bool(p.required),
        key_position=p.primaryKeyPosition or 0,
        description=p.description or "",
        name_zh=custom["nameZh"],
        unit=custom.get("unit", ""),
        values=tuple(allowed),
        minimum=options.get("minimum"),
        exclusive_minimum=options.get("exclusiveMinimum"),
        pattern=options.get("pattern"),
        format=custom.get("format"),
        aliases=tuple(custom.get("aliases", ())),
        codes=custom.get("codes", {}),
    )


def read_contract(path: Path) -> Contract:
    """Read one `<report>.odcs.yaml`.

    Raises pydantic's ValidationError or KeyError when the file is not of the standard's form.
    """
    document = OpenDataContractStandard.from_file(str(path))
    schema = (document.schema_ or [])[0]
    custom = _custom(document.customProperties)
    return Contract(
        name=document.name or path.name.split(".")[0],
        version=document.version or "",
        purpose=(document.description.purpose if document.description else "") or "",
        purpose_zh=custom["purposeZh"],
        grain=schema.dataGranularityDescription or "",
        business_date=custom.get("businessDate"),
        columns=tuple(_column(p) for p in schema.properties or []),
        rules=tuple(
            RowRule(name=q.name or "", **q.implementation)
            for q in schema.quality or []
            if q.engine == "row-rule" and isinstance(q.implementation, dict)
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
