"""The rows that one dealer may see, from the views of schema `api` alone."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.string import TextLoader

from chip_channel.warehouse import connect

WHOLE = date(1900, 1, 1)
"""The slice of a table that has no months: what holds now."""
_AT_A_TIME = 2_000
_LIMITS = (
    "set local statement_timeout = '2min'; set local idle_in_transaction_session_timeout = '2min'"
)


@dataclass(frozen=True)
class Column:
    """A column as its contract describes it."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Table:
    """What may be asked for."""

    name: str
    description: str
    columns: list[Column]


def tables() -> list[Table]:
    """The shared tables, described by the comments that dbt left on their views."""
    with connect("api") as connection:
        found = connection.execute(
            "select c.relname, coalesce(obj_description(c.oid), ''), a.attname, "
            "format_type(a.atttypid, a.atttypmod), coalesce(col_description(c.oid, a.attnum), '') "
            "from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 "
            "where c.relnamespace = 'api'::regnamespace and c.relkind = 'v' "
            "order by c.relname, a.attnum"
        ).fetchall()
    columns: dict[tuple[str, str], list[Column]] = {}
    for name, purpose, *column in found:
        columns.setdefault((name, purpose), []).append(Column(*column))
    return [Table(*described, listed) for described, listed in columns.items()]


def months(dealer_id: str, table: str) -> list[date]:
    """The slices with rows of this dealer, sorted; WHOLE alone for a table without months."""
    query = sql.SQL("select distinct slice from {} order by slice").format(_view(table))
    with _asking(dealer_id) as connection:
        return [row[0] for row in connection.execute(query)]


def rows(dealer_id: str, table: str, month: date) -> Generator[list[dict[str, Any]]]:
    """Rows of a month, some thousand at a time; money and quantities as PostgreSQL writes them.

    A table without months gives its rows for any.

    To be closed when it is not read to its end: it holds a transaction.
    """
    query = sql.SQL("select * from {} where slice in (%s, %s)").format(_view(table))
    with _asking(dealer_id) as connection:
        connection.adapters.register_loader("numeric", TextLoader)
        cursor = connection.cursor("shared", row_factory=psycopg.rows.dict_row)
        cursor.execute(query, (month, WHOLE))
        while part := cursor.fetchmany(_AT_A_TIME):
            yield part


def _view(table: str) -> sql.Identifier:
    return sql.Identifier("api", table)


@contextmanager
def _asking(dealer_id: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to which the views show this dealer's rows, for one transaction."""
    with connect("api", connect_timeout=10) as connection:
        connection.read_only = True
        connection.execute(_LIMITS)
        connection.execute("select set_config('chip_channel.dealer', %s, true)", (dealer_id,))
        yield connection
