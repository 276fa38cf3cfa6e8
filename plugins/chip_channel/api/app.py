"""The HTTP side: who asks, for what, and in which form."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic_core import to_json

from chip_channel.api import shared, tokens


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


Dealer = Annotated[str, Depends(_dealer)]
Month = Annotated[
    str | None,
    Query(
        pattern=r"^[12]\d{3}-(0[1-9]|1[0-2])$",
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

    @app.get("/v1/{table}")
    def rows(
        dealer: Dealer, table: str, month: Month = None, form: Literal["json", "csv"] = "json"
    ) -> StreamingResponse:
        """The dealer's own rows of a month; figures are texts in JSON, to the last digit."""
        known = {t.name: [c.name for c in t.columns] for t in shared.tables()}
        if table not in known:
            raise HTTPException(404, f"There is no table {table}; there are {', '.join(known)}.")
        slice_ = date.fromisoformat(f"{month}-01") if month else shared.newest_month(dealer, table)
        parts = shared.rows(dealer, table, slice_) if slice_ else iter(())
        if form == "csv":
            return StreamingResponse(_csv(known[table], parts), media_type="text/csv")
        return StreamingResponse(_json(table, slice_, parts), media_type="application/json")

    return app


def _json(table: str, month: date | None, parts: Iterator[list[dict[str, Any]]]) -> Iterator[bytes]:
    head = to_json({"table": table, "month": month})
    yield head[:-1] + b',"rows":['
    between = b"\n"
    for part in parts:
        yield between + b",\n".join(map(to_json, part))
        between = b",\n"
    yield b"]}\n"


def _csv(columns: list[str], parts: Iterator[list[dict[str, Any]]]) -> Iterator[str]:
    yield ",".join(columns) + "\n"
    for part in parts:
        text = io.StringIO()
        csv.DictWriter(text, columns, lineterminator="\n").writerows(part)
        yield text.getvalue()
