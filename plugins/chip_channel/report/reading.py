"""Reading for the pages: as a reader and as the publisher, both at the same instant."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import IsolationLevel, sql
from psycopg.rows import dict_row

from chip_channel.warehouse import connect

Row = dict[str, Any]
"""One row of a query, by column name."""


@dataclass(frozen=True)
class Reader:
    """Two connections that see the database at one instant."""

    published: psycopg.Connection[Row]
    """As `bi_reader`: `publish.*`, what everybody may read."""
    ledger: psycopg.Connection[Row]
    """As `publisher`: `ctl.*` and `quarantine.*`, what came in and what the gates said."""


@contextmanager
def reading() -> Iterator[Reader]:
    """A reader for one page; nothing can be published between two of its queries."""
    with (
        connect("bi_reader", row_factory=dict_row) as published,
        connect("publisher", row_factory=dict_row) as ledger,
    ):
        for connection in (published, ledger):
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.read_only = True
        snapshot = published.execute("select pg_export_snapshot() as name").fetchone()
        assert snapshot is not None  # noqa: S101 - a function returns a row
        ledger.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(snapshot["name"])))
        yield Reader(published, ledger)
