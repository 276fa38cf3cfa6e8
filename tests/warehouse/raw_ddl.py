"""Raw tables from the contracts, as the warehouse makes them."""

from pathlib import Path

import yaml


def raw_ddl(contracts: Path) -> str:
    """The DDL of raw, one table per contract."""
    statements = []
    for path in sorted(contracts.glob("*.odcs.yaml")):
        schema = yaml.safe_load(path.read_text(encoding="utf-8"))["schema"][0]
        columns = [
            "submission_id bigint not null",
            "row_no bigint not null",
            "line_hash bigint not null",
        ]
        columns += [
            f"{column['name']} {column['physicalType']}{' not null' if column.get('required') else ''}"
            for column in schema["properties"]
        ]
        table = schema["physicalName"]
        statements.append(f"create table if not exists {table} ({', '.join(columns)});")
        statements.append(
            f"create index if not exists {table.split('.')[1]}_by_submission on {table} "
            "using brin (submission_id) with (autosummarize = on);"
        )
    return "\n".join(statements)
