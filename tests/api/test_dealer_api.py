"""A dealer sees its own rows, all of them, and nobody else's; over TLS, with a token that holds."""

from __future__ import annotations

import csv
import io
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn
from chip_channel.api import tokens
from chip_channel.api.app import application
from chip_channel.publish.dbt import PROJECT, dbt
from chip_channel.warehouse import connect
from support.certificate import certificate_for

pytestmark = pytest.mark.usefixtures("published")

SHARED = sorted(p.stem.removeprefix("api__") for p in (PROJECT / "models/api").glob("*.sql"))
NEEDS_PLANNING = {"mart_forecast", "mart_safety_stock", "mart_replenishment"}
"""Empty in the small world until a planning batch ran."""


def rows(query: str, role: str | None = None) -> list[tuple[Any, ...]]:
    with connect(role) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def dealers(published: object) -> list[str]:
    """All dealers; the maker reports too, but is none."""
    found = [row[0] for row in rows("select distinct dealer_id from publish.dim_dealer order by 1")]
    assert len(found) == 3
    assert "vendor" not in found
    return found


@dataclass(frozen=True)
class Server:
    """The server as a dealer's program meets it."""

    port: int
    trusted: Path

    def get(self, path: str, token: str | None = None) -> httpx.Response:
        context = ssl.create_default_context(cafile=str(self.trusted))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with httpx.Client(verify=context, headers=headers, timeout=60) as client:
            return client.get(f"https://localhost:{self.port}{path}")


@pytest.fixture(scope="module")
def server(published: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    certificate, key = certificate_for("localhost", tmp_path_factory.mktemp("tls"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    made = uvicorn.Server(uvicorn.Config(
        application(), port=port, ssl_certfile=certificate, ssl_keyfile=key, log_level="error",
    ))  # fmt: skip
    thread = threading.Thread(target=made.run)
    thread.start()
    deadline = time.monotonic() + 30
    while not made.started:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield Server(port, certificate)
    made.should_exit = True
    thread.join(30)


@pytest.fixture(scope="module")
def token_of(dealers: list[str]) -> dict[str, str]:
    return {dealer: tokens.issue(dealer, "Li Na", 30) for dealer in dealers}


@pytest.mark.parametrize("table", SHARED)
def test_a_dealer_sees_its_own_rows_and_no_other(
    server: Server, token_of: dict[str, str], table: str
) -> None:
    seen = 0
    for dealer, token in token_of.items():
        expected: dict[date, int] = dict(
            rows(
                f"select slice, count(*) from publish.{table} where dealer_id = '{dealer}' group by 1"
            )  # type: ignore[arg-type]
        )
        for month, count in expected.items():
            given = server.get(f"/v1/{table}?month={month:%Y-%m}", token).json()["rows"]
            assert len(given) == count
            assert {row["dealer_id"] for row in given} == {dealer}
            seen += count
        newest = server.get(f"/v1/{table}", token).json()
        assert newest["month"] == (max(expected).isoformat() if expected else None)
        assert len(newest["rows"]) == (expected[max(expected)] if expected else 0)
    everything = rows(f"select count(*) from publish.{table} where dealer_id <> 'vendor'")[0][0]
    assert seen == everything
    assert (everything == 0) == (table in NEEDS_PLANNING)


def test_planned_rows_are_shared_as_well(dealers: list[str]) -> None:
    """The small world has no planning batch: rows put in their place, of two dealers."""
    one, other = dealers[:2]
    with connect() as connection:
        (batch,) = connection.execute("select max(batch_id) from ctl.batch").fetchone()  # type: ignore[misc]
        for table in sorted(NEEDS_PLANNING):
            connection.execute(
                "insert into ctl.published_slice (mart, slice, batch_id) values (%s, '2025-10-01', %s)",
                (table, batch),
            )
            for dealer in (one, one, other):
                connection.execute(
                    f"insert into marts.{table} (batch_id, slice, dealer_id, product_id) "
                    "values (%s, '2025-10-01', %s, 'ACME|X')", (batch, dealer)
                )  # fmt: skip
            connection.execute("set local role api")
            for dealer, count in ((one, 2), (other, 1), ("nobody", 0), ("", 0)):
                connection.execute("select set_config('chip_channel.dealer', %s, true)", (dealer,))
                found = connection.execute(f"select count(*) from api.{table}").fetchone()
                assert found == (count,), (table, dealer)
            connection.execute("reset role")
        connection.rollback()


def test_who_names_no_dealer_sees_nothing_and_no_other_schema_is_open() -> None:
    with connect("api") as connection:
        for table in SHARED:
            assert connection.execute(f"select count(*) from api.{table}").fetchone() == (0,)
    others = rows(
        "select format('%I.%I', n.nspname, c.relname) from pg_class c "
        "join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'v', 'm') "
        "and n.nspname not in ('api', 'information_schema') and n.nspname not like 'pg\\_%'"
    )
    assert len(others) > 100
    open_to_it = {
        name for (name,) in others
        if rows(f"select has_schema_privilege('api', split_part('{name}', '.', 1), 'usage') "
                f"and has_table_privilege('api', '{name}', 'select')") == [(True,)]
    }  # fmt: skip
    assert open_to_it == {"ctl.api_token"}
    with pytest.raises(psycopg.errors.InsufficientPrivilege), connect("api") as connection:
        connection.execute("update ctl.api_token set revoked_at = null")


def test_views_made_again_still_show_one_dealer(dealers: list[str]) -> None:
    dbt("build", "--selector", "deploy")
    with connect("api") as connection:
        connection.execute("select set_config('chip_channel.dealer', %s, true)", (dealers[0],))
        found = connection.execute("select distinct dealer_id from api.fct_inventory_daily")
        assert found.fetchall() == [(dealers[0],)]


def test_only_a_token_that_holds_opens(server: Server, dealers: list[str]) -> None:
    dealer = dealers[0]
    path = "/v1/mart_report_quality"
    for wrong in (None, "guessed", dealer):
        answer = server.get(path, wrong)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "rows" not in answer.json()
    first, second = (tokens.issue(dealer, "Li Na", 30) for _ in range(2))
    assert server.get(path, first).status_code == 200
    with connect() as connection:
        stored = connection.execute("select token_hash from ctl.api_token").fetchall()
        connection.execute(
            "update ctl.api_token set expires_at = now() where token_hash = encode(sha256(%s), 'hex')",
            (first.encode(),),
        )
    assert not any(t in (first, second) for (t,) in stored)
    assert server.get(path, first).status_code == 401
    assert server.get(path, second).status_code == 200
    assert tokens.revoke(dealer, "Wang Wei") >= 1
    assert server.get(path, second).status_code == 401
    assert tokens.issued()[0].revoked_by == "Wang Wei"
    with pytest.raises(LookupError, match="No dealer 'nobody' is published"):
        tokens.issue("nobody", "Li Na", 30)


def test_what_is_asked_wrongly_is_said(server: Server, dealers: list[str]) -> None:
    token = tokens.issue(dealers[1], "Li Na", 30)
    unknown = server.get("/v1/fct_pos", token)
    assert unknown.status_code == 404
    assert "mart_forecast" in unknown.json()["detail"]
    for no_month in ("2026-13", "0000-01", "2026-01-01", "2026-1"):
        answer = server.get(f"/v1/mart_forecast?month={no_month}", token)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", "month"]
    assert server.get("/v1/fct_inventory_daily?month=1999-01", token).json()["rows"] == []


def test_what_there_is_describes_itself(server: Server, dealers: list[str]) -> None:
    answer = server.get("/v1", tokens.issue(dealers[1], "Li Na", 30)).json()
    assert [table["name"] for table in answer] == SHARED
    assert all(table["description"] for table in answer)
    columns = [column for table in answer for column in table["columns"]]
    assert len(columns) > 100
    assert all(column["description"] and column["type"] for column in columns)


def test_figures_are_exact_and_csv_says_the_same(server: Server, dealers: list[str]) -> None:
    dealer = dealers[1]
    token = tokens.issue(dealer, "Li Na", 30)
    given = server.get("/v1/fct_inventory_daily", token).json()
    answer = server.get("/v1/fct_inventory_daily?form=csv", token)
    assert answer.headers["content-type"].startswith("text/csv")
    as_csv = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(as_csv) == len(given["rows"]) > 100
    key = ("location_id", "product_id", "as_of")
    by_key = {tuple(row[k] for k in key): row for row in as_csv}
    exact = {
        (location, product, day.isoformat()): value
        for location, product, day, value in rows(
            "select location_id, product_id, as_of, value_vendor from publish.fct_inventory_daily "
            f"where dealer_id = '{dealer}' and slice = '{given['month']}'"
        )
    }
    for row in given["rows"]:
        at = tuple(row[k] for k in key)
        for name, value in row.items():
            assert by_key[at][name] == ("" if value is None else str(value)), name
        value = row["value_vendor"]
        assert value is None or isinstance(value, str)
        assert (None if value is None else Decimal(value)) == exact[at]


def test_nothing_is_told_without_encryption(server: Server) -> None:
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://localhost:{server.port}/v1", timeout=10)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")

    def agreed() -> str | None:
        with socket.create_connection(("localhost", server.port), 10) as plain:
            return context.wrap_socket(plain).version()

    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert agreed() == "TLSv1.2"
    with warnings.catch_warnings(action="ignore"):  # that these are old is the point
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match=r"EOF|PROTOCOL_VERSION"):
        agreed()


def test_it_does_not_start_without_a_certificate(tmp_path: Path) -> None:
    chip, key = str(Path(sys.executable).with_name("chip-channel")), tmp_path / "key.pem"
    key.touch()
    done = subprocess.run(
        [chip, "api", "serve", "--key", str(key)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--certificate" in done.stderr
