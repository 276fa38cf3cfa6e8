"""The HTTP side: who asks, for what, and in which form."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic_core import to_json, to_jsonable_python
from starlette.background import BackgroundTask

from chip_channel.api import shared, tokens

Rows = Iterator[list[dict[str, Any]]]


def _dealer(
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> str:
    dealer_id = tokens.dealer_of(given.credentials) if given else None
    if dealer_id is None:
        raise HTTPException(
            401, "Send `Authorization: Bearer <token>` with a token that holds; the maker issues it.",
            {"WWW-Authenticate": "Bearer"},
        )  # fmt: skip
    return dealer_id


def _columns(table: str, _: Annotated[str, Depends(_dealer)]) -> list[str]:
    known = {t.name: [c.name for c in t.columns] for t in shared.tables()}
    if table not in known:
        raise HTTPException(404, f"There is no table {table}; there are {', '.join(known)}.")
    return known[table]


Dealer = Annotated[str, Depends(_dealer)]
Columns = Annotated[list[str], Depends(_columns)]
Month = Annotated[
    str | None,
    Query(
        pattern=r"^[12][0-9]{3}-(0[1-9]|1[0-2])$",
        description="2026-03; the newest with rows if left out",
    ),
]


def application() -> FastAPI:
    """The application: `/v1` says what there is, `/v1/{table}` gives a month of it."""
    app = FastAPI(title="Chip Channel", version="1", docs_url=None, redoc_url=None)

    @app.get("/v1")
    def tables(_: Dealer) -> list[shared.Table]:
        """What may be asked for, column by column."""
        return shared.tables()

    @app.get("/v1/{table}/months")
    def months(dealer: Dealer, table: str, _: Columns) -> list[date]:
        """Months of a table with rows of the dealer; none for one that says what holds now."""
        return [month for month in shared.months(dealer, table) if month != shared.WHOLE]

    @app.get("/v1/{table}")
    def rows(
        dealer: Dealer, table: str, columns: Columns, month: Month = None,
        form: Literal["json", "csv"] = "json",
    ) -> StreamingResponse:  # fmt: skip
        """The dealer's own rows of a month; figures are texts in JSON, to the last digit."""
        slice_ = (
            date.fromisoformat(f"{month}-01") if month
            else max(shared.months(dealer, table), default=shared.WHOLE)
        )  # fmt: skip
        parts = shared.rows(dealer, table, slice_)
        first = next(parts, [])  # what goes wrong is told before the answer begins
        holds_now = shared.WHOLE in (slice_, first[0]["slice"] if first else None)
        of_month = None if holds_now else slice_
        told, media = (
            (_csv(columns, chain([first], parts)), "text/csv") if form == "csv"
            else (_json(table, of_month, chain([first], parts)), "application/json")
        )  # fmt: skip
        # who hangs up leaves the rows half read, and their transaction open
        return StreamingResponse(told, media_type=media, background=BackgroundTask(parts.close))

    return app


def _json(table: str, month: date | None, parts: Rows) -> Iterator[bytes]:
    yield to_json({"table": table, "month": month})[:-1] + b',"rows":['
    between = b"\n"
    for part in filter(None, parts):
        yield between + b",\n".join(map(to_json, part))
        between = b",\n"
    yield b"]}\n"


def _csv(columns: list[str], parts: Rows) -> Iterator[str]:
    yield ",".join(columns) + "\n"
    for part in parts:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows(
            [_cell(value) for value in row.values()] for row in to_jsonable_python(part)
        )
        yield text.getvalue()


def _cell(value: Any) -> str:
    """A value as JSON writes it, without quotes; empty for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else to_json(value).decode()
