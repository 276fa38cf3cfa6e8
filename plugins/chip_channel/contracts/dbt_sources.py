"""The contracts as dbt sees them: sources and doc blocks, so that a column is described once."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

SOURCES = "dbt_project/models/staging/_sources.yml"
DOCS = "dbt_project/models/contracts.md"
HEAD = "Generated from expectations/contracts by `make contracts`; do not edit."

# What every raw table carries before the contract's own columns.
PROVENANCE = (
    ("submission_id", "bigint", "Submission that the line came with", "报送编号"),
    ("row_no", "bigint", "Number of the line in the dealer's own file", "原文件行号"),
    ("line_hash", "bigint", "Hash of the line's content (xxh3)", "行内容哈希"),
)

# Reports with a rhythm; master data and prices come when they change.
FRESHNESS = {"pos": 40, "stock": 40, "sell_in": 40, "market_index": 70}

Contract = Mapping[str, Any]


def dbt_sources(contracts: Iterable[Contract]) -> dict[str, str]:
    """The generated files of the dbt project: path in the repository -> text."""
    ordered = sorted(contracts, key=lambda contract: contract["name"])
    return {SOURCES: _sources(ordered), DOCS: _docs(ordered)}


def custom(element: Mapping[str, Any], name: str) -> Any:
    """A custom property of a contract's element, or None."""
    for item in element.get("customProperties", ()):
        if item["property"] == name:
            return item["value"]
    return None


def _sources(contracts: list[Contract]) -> str:
    tables = [_table(contract) for contract in contracts]
    raw = {
        "name": "raw",
        "schema": "raw",
        "description": "Lines as the dealers reported them, normalised in form only; append-only",
        "tables": tables,
    }
    body = yaml.safe_dump(
        {"version": 2, "sources": [raw]}, allow_unicode=True, sort_keys=False, width=120
    )
    return f"# {HEAD}\n{body}"


def _table(contract: Contract) -> dict[str, Any]:
    schema = contract["schema"][0]
    report = contract["name"]
    columns = [
        {"name": name, "data_type": kind, "description": f"{{{{ doc('raw__{name}') }}}}"}
        for name, kind, _, _ in PROVENANCE
    ]
    columns += [
        {
            "name": column["name"],
            "data_type": column["physicalType"],
            "description": f"{{{{ doc('{report}__{column['name']}') }}}}",
        }
        for column in schema["properties"]
    ]
    table: dict[str, Any] = {
        "name": report,
        "description": f"{{{{ doc('{report}') }}}}",
        "config": {"meta": {"contract_version": contract["version"]}},
        "columns": columns,
    }
    if report in FRESHNESS:
        table["config"] |= {
            "loaded_at_query": (
                "select max(received_at) from ctl.submission "  # noqa: S608 - report: a contract's name
                f"where report = '{report}' and status = 'accepted'"
            ),
            "freshness": {"warn_after": {"count": FRESHNESS[report], "period": "day"}},
        }
    return table


def _docs(contracts: list[Contract]) -> str:
    blocks = [f"<!-- {HEAD} -->"]
    blocks += [_block(f"raw__{name}", english, chinese) for name, _, english, chinese in PROVENANCE]
    for contract in contracts:
        report, schema = contract["name"], contract["schema"][0]
        grain = schema.get("dataGranularityDescription", "")
        purpose = f"{contract['description']['purpose']}. Grain: {grain}"
        blocks.append(_block(report, purpose, custom(contract, "purposeZh")))
        for column in schema["properties"]:
            text = column["description"]
            if unit := custom(column, "unit"):
                text = f"{text} (unit: {unit})"
            name = f"{report}__{column['name']}"
            blocks.append(_block(name, text, custom(column, "nameZh")))
    return "\n\n".join(blocks) + "\n"


def _block(name: str, english: str, chinese: str | None) -> str:
    text = f"{english} / {chinese}" if chinese else english
    return f"{{% docs {name} %}}\n{text}\n{{% enddocs %}}"
