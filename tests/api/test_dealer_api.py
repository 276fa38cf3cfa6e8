"""A dealer sees its own rows, all of them, and nobody else's; over TLS, with a token that holds."""

from __future__ import annotations

import csv
import io
import json
import socket
import ssl
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from chip_channel.api import tokens
from chip_channel.api.shared import WHOLE
from chip_channel.publish.dbt import PROJECT, dbt
from chip_channel.warehouse import connect
from support.certificate import certificate_for

pytestmark = pytest.mark.usefixtures("published")

SHARED = sorted(p.stem.removeprefix("api__") for p in (PROJECT / "models/api").glob("*.sql"))
PLANNED = {"mart_forecast", "mart_safety_stock", "mart_replenishment"}
"""Of one slice, and empty in the small world until a planning batch ran."""


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


@pytest.fixture(scope="module", autouse=True)
def planned(dealers: list[str]) -> None:
    """Two rows of the first dealer and one of the second, in place of a planning batch."""
    with connect() as connection:
        for table in PLANNED:
            for dealer in (dealers[0], dealers[0], dealers[1]):
                put(connection, table, WHOLE, "dealer_id, product_id", f"'{dealer}', 'ACME|X'")


def put(
    connection: psycopg.Connection[Any], mart: str, month: date, columns: str, values: str
) -> None:
    """Publish further rows of a mart in a slice that has none."""
    connection.execute(
        f"insert into marts.{mart} (batch_id, slice, {columns}) "
        f"select (select max(batch_id) from ctl.batch), '{month}', {values}"
    )
    connection.execute(
        "insert into ctl.published_slice (mart, slice, batch_id) "
        "select %s, %s, max(batch_id) from ctl.batch on conflict do nothing", (mart, month),
    )  # fmt: skip


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
    chip = str(Path(sys.executable).with_name("chip-channel"))
    running = subprocess.Popen([
        chip, "api", "serve", "--port", str(port), "--certificate", str(certificate), "--key", str(key),
    ])  # fmt: skip
    deadline = time.monotonic() + 60
    while socket.socket().connect_ex(("localhost", port)):
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield Server(port, certificate)
    running.terminate()
    running.wait(30)


@pytest.fixture(scope="module")
def token_of(dealers: list[str]) -> dict[str, str]:
    return {dealer: tokens.issue(dealer, "Li Na", 30) for dealer in dealers}


@pytest.mark.parametrize("table", SHARED)
def test_a_dealer_sees_its_own_rows_and_no_other(
    server: Server, token_of: dict[str, str], table: str
) -> None:
    seen = 0
    for dealer, token in token_of.items():
        counted = (
            f"select slice, count(*) from publish.{table} where dealer_id = '{dealer}' group by 1"
        )
        expected: dict[date, int] = dict(rows(counted))  # type: ignore[arg-type]
        whole = expected.get(WHOLE)
        assert server.get(f"/v1/{table}/months", token).json() == [
            str(month) for month in sorted(expected) if month != WHOLE
        ]
        for month, count in expected.items():
            given = server.get(f"/v1/{table}?month={month:%Y-%m}", token).json()["rows"]
            assert len(given) == count
            assert {row["dealer_id"] for row in given} == {dealer}
            seen += count
        newest = server.get(f"/v1/{table}", token).json()
        assert newest["month"] == (None if whole or not expected else str(max(expected)))
        assert len(newest["rows"]) == (expected[max(expected)] if expected else 0)
        some = server.get(f"/v1/{table}?month=2001-01", token).json()["rows"]
        assert len(some) == (whole or 0)
    everything = rows(f"select count(*) from publish.{table} where dealer_id <> 'vendor'")[0][0]
    assert seen == everything > 0


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
    with pytest.raises(LookupError, match="No token of"):
        tokens.revoke(dealer, "Wang Wei")
    with pytest.raises(LookupError, match="No dealer 'nobody' is published"):
        tokens.issue("nobody", "Li Na", 30)


def test_what_is_asked_wrongly_is_said(server: Server, dealers: list[str]) -> None:
    token = tokens.issue(dealers[1], "Li Na", 30)
    unknown = server.get("/v1/fct_pos", token)
    assert unknown.status_code == 404
    assert "mart_forecast" in unknown.json()["detail"]
    for no_month in ("2026-13", "0000-01", "2026-01-01", "2026-1", "２０２６-01"):
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


EXACT = [
    ("fct_inventory_daily", ("location_id", "product_id", "as_of"), "value_vendor"),
    ("mart_order_sla", ("order_no", "line_no"), "backlog_amount_vendor"),
    ("mart_rebate_statement", ("statement_id",), "before_measure"),
]


@pytest.mark.parametrize(("table", "key", "figure"), EXACT)
def test_figures_are_exact_and_csv_says_the_same(
    server: Server, token_of: dict[str, str], table: str, key: tuple[str, ...], figure: str
) -> None:
    dealer, token = list(token_of.items())[1]
    given = server.get(f"/v1/{table}", token).json()
    answer = server.get(f"/v1/{table}?form=csv", token)
    assert answer.headers["content-type"].startswith("text/csv")
    as_csv = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(as_csv) == len(given["rows"]) > 0
    by_key = {tuple(row[k] for k in key): row for row in as_csv}
    exact = {
        tuple(at): value
        for *at, value in rows(
            f"select {', '.join(k + '::text' for k in key)}, {figure}::text from publish.{table} "
            f"where dealer_id = '{dealer}' and slice = '{given['month']}'"
        )
    }
    assert len(exact) == len(as_csv)
    for row in given["rows"]:
        at = tuple(row[k] for k in key)
        for name, value in row.items():
            written = (
                value if isinstance(value, str) else "" if value is None else json.dumps(value)
            )
            assert by_key[at][name] == written, name
        assert row[figure] == exact[at]


def test_who_hangs_up_leaves_nothing_open(server: Server, token_of: dict[str, str]) -> None:
    dealer, token = list(token_of.items())[1]
    with connect() as connection:
        put(connection, "mart_held_line", date(2001, 1, 1), "dealer_id, value",
            f"'{dealer}', repeat('x', 1000) from generate_series(1, 100000)")  # fmt: skip
    open_now = "select count(*) from pg_stat_activity where application_name = 'chip_channel/api' and datname = current_database()"
    context = ssl.create_default_context(cafile=str(server.trusted))
    for _ in range(3):
        plain = socket.create_connection(("localhost", server.port), 10)
        with context.wrap_socket(plain, server_hostname="localhost") as asking:
            asking.sendall(
                f"GET /v1/mart_held_line?month=2001-01 HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: Bearer {token}\r\n\r\n".encode()
            )
            assert asking.recv(1000).startswith(b"HTTP/1.1 200")
            assert rows(open_now)[0][0] >= 1
    deadline = time.monotonic() + 20
    while rows(open_now) != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    with connect() as connection:
        connection.execute("delete from marts.mart_held_line where slice = '2001-01-01'")
        connection.execute("delete from ctl.published_slice where slice = '2001-01-01'")


def test_nothing_is_told_without_encryption(server: Server) -> None:
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://localhost:{server.port}/v1", timeout=10)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")

    def agreed() -> str | None:
        plain = socket.create_connection(("localhost", server.port), 10)
        with context.wrap_socket(plain) as wrapped:
            return wrapped.version()

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
