"""Schema, roles and the raw tables, brought to what the contracts say. Safe to run again."""

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from chip_channel.contracts import Contract, contracts
from chip_channel.contracts.model import LINEAGE
from chip_channel.warehouse.connect import connect

ROLES = (
    "ingest", "transform", "publisher", "poster", "bi_reader", "finance_reader", "api",
)  # fmt: skip
_LOCK = 7_201_001


class SchemaError(RuntimeError):
    """The database holds something that the contracts do not allow."""


def migrate() -> None:
    """Create or extend schemas, control tables, raw tables, roles and grants."""
    with connect() as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        for tables in ("schema.sql", "rebate.sql", "policy.sql"):
            connection.execute(Path(__file__).with_name(tables).read_text())
        for contract in contracts().values():
            _raw_table(connection, contract)
        for role in ROLES:
            _role(connection, role)
        connection.execute(Path(__file__).with_name("grants.sql").read_text())


def _role(connection: psycopg.Connection[Any], role: str) -> None:
    found = connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone()
    if not found:
        connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
    connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(role)))


def _raw_table(connection: psycopg.Connection[Any], contract: Contract) -> None:
    table = sql.Identifier("raw", contract.name)
    wanted = dict(LINEAGE) | {c.name: c.physical_type for c in contract.columns}
    have = dict(
        connection.execute(
            "select attname::text, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
            (f"raw.{contract.name}",),
        ).fetchall()
    )
    required = set(LINEAGE) | {c.name for c in contract.columns if c.required}
    definition = {
        name: sql.SQL("{} {} {}").format(
            sql.Identifier(name), sql.SQL(kind),
            sql.SQL("not null" if name in required else ""),
        )
        for name, kind in wanted.items()
    }  # fmt: skip
    if not have:
        columns = sql.SQL(", ").join(definition.values())
        connection.execute(sql.SQL("create table {} ({})").format(table, columns))
        connection.execute(
            sql.SQL(
                "create index on {} using brin (submission_id) "
                "with (pages_per_range = 16, autosummarize = on)"
            ).format(table)
        )
    for name, kind in wanted.items():
        if have and name not in have:
            column = next(c for c in contract.columns if c.name == name)
            if column.required:
                raise SchemaError(
                    f"raw.{contract.name}.{name} is new and required: old lines have no value "
                    "for it; make it optional, or start a new report."
                )
            connection.execute(sql.SQL("alter table {} add {}").format(table, definition[name]))
        elif have and not _same(have[name], kind):
            raise SchemaError(
                f"raw.{contract.name}.{name} is {have[name]}, its contract says {kind}: a change "
                "of type needs a new column."
            )
    connection.execute(
        sql.SQL("comment on table {} is {}").format(table, sql.Literal(contract.purpose))
    )
    for column in contract.columns:
        text = f"{column.name_zh}. {column.description}" + (
            f" ({column.unit})" if column.unit else ""
        )
        connection.execute(
            sql.SQL("comment on column {} is {}").format(
                sql.Identifier("raw", contract.name, column.name), sql.Literal(text)
            )
        )


def _same(have: str, wanted: str) -> bool:
    spelled = {"timestamptz": "timestamp with time zone"}
    return have.replace(" ", "") == spelled.get(wanted, wanted).replace(" ", "")
