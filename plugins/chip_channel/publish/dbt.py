"""dbt, run in this process; only what a person needs of its output."""

import gc
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from chip_channel.settings import ROOT, settings
from chip_channel.warehouse import database_url

PROJECT = ROOT / "dbt_project"


class DbtError(RuntimeError):
    """dbt failed; the message names the nodes and what the database said."""


@dataclass(frozen=True)
class Node:
    """One node that dbt ran."""

    name: str
    status: str
    seconds: float
    message: str


def dbt(*arguments: str, variables: dict[str, Any] | None = None,
        progress: Callable[[str], None] | None = None,
        prepare: Callable[[Any], None] | None = None) -> list[Node]:  # fmt: skip
    """Run a dbt command in the project.

    `prepare` may change the parsed manifest before it runs, where there are variables. Raises
    DbtError when a node failed, or dbt itself.
    """
    _connect_by_environment()
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - 3 s to import

    def on_event(event: Any) -> None:
        if progress and event.info.name in ("LogModelResult", "LogSeedResult", "LogTestResult"):
            progress(event.info.msg)

    work = settings().home / "dbt"
    common = [
        "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
        "--target-path", str(work / "target"), "--log-path", str(work / "logs"),
        "--log-level", "none", "--log-level-file", "none", "--no-print",
    ]  # fmt: skip
    if "--write-json" not in arguments:  # a second of every batch, and nobody reads it
        common.append("--no-write-json")
    given = ["--vars", json.dumps(variables)] if variables else []
    with light():
        # what is parsed is kept in the target folder, but only for the same variables: parse without
        manifest: Any = dbtRunner().invoke(["parse", *common]).result if variables else None
        if manifest and prepare:
            prepare(manifest)
        done = dbtRunner(manifest, [on_event]).invoke([*arguments, *common, *given])
    nodes = [
        Node(r.node.name, str(r.status), r.execution_time, str(r.message or ""))
        for r in getattr(done.result, "results", None) or []
    ]
    if not done.success:
        broken = [f"{n.name}: {n.message}" for n in nodes if n.status in ("error", "fail")]
        raise DbtError("\n".join(broken) or str(done.exception or "dbt failed"))
    return nodes


@contextmanager
def light() -> Iterator[None]:
    """Spare dbt two costs of every run.

    Python's collector would visit all of the manifest again and again; and dbt has sqlparse take whole
    models apart to find the WITH that they begin with.
    """
    import sqlparse  # noqa: PLC0415 - comes with dbt

    whole = sqlparse.parse
    sqlparse.parse = _head  # type: ignore[assignment]
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, 1_000)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, old)
        sqlparse.parse = whole


def _head(sql: str) -> list[Any]:
    """A statement as sqlparse gives it, but everything after its WITH is one token."""
    from sqlparse import lexer, tokens  # noqa: PLC0415
    from sqlparse.sql import Statement, Token  # noqa: PLC0415

    head = []
    for kind, text in lexer.tokenize(sql):
        token = Token(kind, text)
        blank = token.is_whitespace or kind in tokens.Comment
        if not blank and token.normalized not in ("WITH", "RECURSIVE"):
            break
        head.append(token)
    rest = sql[sum(len(token.value) for token in head) :]
    return [Statement([*head, Token(tokens.Other, rest)])]


def _connect_by_environment() -> None:
    parts = conninfo_to_dict(database_url())
    os.environ |= {
        "CHIP_CHANNEL_DB_HOST": str(parts["host"]),
        "CHIP_CHANNEL_DB_PORT": str(parts.get("port", 5432)),
        "CHIP_CHANNEL_DB_NAME": str(parts["dbname"]),
        "CHIP_CHANNEL_DB_USER": str(parts["user"]),
        "CHIP_CHANNEL_DB_PASSWORD": str(parts.get("password") or ""),
        "DO_NOT_TRACK": "1",
    }


def static_docs() -> Path:
    """Write dbt's documentation as one page that needs no server."""
    dbt("docs", "generate", "--static", "--write-json")
    return settings().home / "dbt" / "target" / "static_index.html"
