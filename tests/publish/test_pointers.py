"""Publishing moves pointers, all at once: idempotent, in order, unharmed by kills, never torn."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from typing import Any

import psycopg
import pytest
from chip_channel.publish.batch import open_batch
from chip_channel.publish.build import build
from chip_channel.publish.publish import NotPublishableError, drop_old_versions, publish
from chip_channel.quality.gates import check_marts, check_publication
from chip_channel.settings import ROOT, settings
from chip_channel.warehouse import connect
from chip_channel.warehouse.schema import ROLES
from support.pipeline import restated

pytestmark = pytest.mark.usefixtures("published")

KILLS = int(os.environ.get("CHIP_CHANNEL_FAULT_RUNS", "12"))


def rows(query: str, role: str | None = None) -> list[tuple[Any, ...]]:
    with connect(role) as connection:
        return connection.execute(query).fetchall()


def pointers() -> list[tuple[Any, ...]]:
    return rows("select mart, slice, batch_id, published_at from ctl.published_slice order by 1, 2")


def built() -> int:
    """A batch that builds the newest month again, past its gates."""
    (month,) = rows("select max(slice) from ctl.published_slice where mart = 'fct_pos'")[0]
    batch = build(months=(month,))
    assert batch is not None
    check_marts(batch.batch_id)
    check_publication(batch.batch_id)
    return batch.batch_id


def test_publishing_twice_publishes_once() -> None:
    batch = built()
    first = publish(batch)
    before = pointers()
    assert publish(batch) == first
    assert pointers() == before
    assert rows(f"select count(*) from ctl.publication where batch_id = {batch}") == [(1,)]
    assert rows(f"select count(*) from ctl.outbox where dedup_key = 'published:{batch}'") == [(1,)]


def test_a_publication_leaves_statistics_of_the_pointers() -> None:
    batch = built()
    with connect() as connection:  # as if autovacuum had never come by
        connection.execute(
            "delete from pg_statistic where starelid = 'ctl.published_slice'::regclass"
        )
    publish(batch)
    known = rows(
        "select attname from pg_stats where schemaname = 'ctl' and tablename = 'published_slice'"
    )
    assert {"mart", "slice", "batch_id"} <= {r[0] for r in known}
    assert rows("select reltuples::bigint = (select count(*) from ctl.published_slice) "
                "from pg_class where oid = 'ctl.published_slice'::regclass") == [(True,)]  # fmt: skip


def test_an_older_batch_never_replaces_a_newer_one() -> None:
    older = built()
    with connect() as connection:  # a newer one is published behind its back
        connection.execute(
            "insert into ctl.batch (known_at, kind, status) values (now(), 'publication', 'published')"
        )
        (newer,) = connection.execute("select max(batch_id) from ctl.batch").fetchone()
        connection.execute(
            "insert into ctl.publication (batch_id, slices) values (%s, '{}')", (newer,)
        )
    with pytest.raises(NotPublishableError, match="newer"):
        publish(older)


def test_a_batch_without_its_gates_is_not_published() -> None:
    (month,) = rows("select max(slice) from ctl.published_slice where mart = 'fct_pos'")[0]
    batch = build(months=(month,))
    assert batch is not None
    with pytest.raises(NotPublishableError, match="has not passed: marts, publish"):
        publish(batch.batch_id)


def test_a_past_state_is_for_reading_only() -> None:
    from datetime import UTC, datetime

    batch = open_batch(known_at=datetime(2025, 10, 1, tzinfo=UTC))
    assert batch is not None
    with pytest.raises(NotPublishableError, match="never published"):
        publish(batch.batch_id)


def test_nothing_new_opens_no_batch() -> None:
    publish(built())
    assert open_batch() is None


def test_killed_at_any_line_it_has_published_all_or_nothing() -> None:
    driver = textwrap.dedent(
        """
        import os, signal, sys
        from chip_channel.publish import publish as module
        at, seen = int(sys.argv[2]), 0
        def trace(frame, event, _):
            global seen
            if frame.f_code.co_filename == module.__file__ and event == "line":
                seen += 1
                if seen == at:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace
        sys.settrace(trace)
        module.publish(int(sys.argv[1]))
        print(seen)
        """
    )

    def run(batch: int, at: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", driver, str(batch), str(at)], cwd=ROOT, check=False,
            capture_output=True, text=True, env=dict(os.environ, PYTHONPATH=str(ROOT / "plugins")),
        )  # fmt: skip

    steps = int(run(built(), 10**9).stdout)
    batch = built()
    before = pointers()
    killed = 0
    for at in sorted({round(1 + i * (steps - 1) / (KILLS - 1)) for i in range(KILLS)}):
        done = run(batch, at)
        killed += done.returncode == -signal.SIGKILL
        published = rows(f"select count(*) from ctl.publication where batch_id = {batch}")[0][0]
        moved = {r[:3] for r in pointers()} - {r[:3] for r in before}
        wanted = set(
            rows(f"select mart, slice, batch_id from ctl.slice_version where batch_id = {batch}")
        )
        assert moved == (wanted if published else set())
    assert killed >= KILLS // 2
    publish(batch)
    assert {r[2] for r in pointers() if r[0] == "fct_pos"} >= {batch}


def test_readers_see_whole_publications_while_pointers_move() -> None:
    """Hot readers of several marts: every read is one publication, none is torn or empty."""
    seen: list[tuple[Any, ...]] = []
    stop = threading.Event()

    def read() -> None:
        with connect("bi_reader") as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            while not stop.is_set():
                with connection.transaction():
                    pos = connection.execute(
                        "select count(*), sum(qty) from publish.fct_pos"
                    ).fetchone()
                    sold = connection.execute(
                        "select sum(pos_qty - customer_return_qty) from publish.fct_inventory_rollforward"
                    ).fetchone()
                seen.append((pos[0], pos[1], sold[0]))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for times in (3, 6, 9):
            publish(restated(times).batch_id)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    states = set(seen)
    assert len(seen) > 50
    assert 2 <= len(states) <= 4  # before, and after each publication; nothing in between
    assert all(count and qty == sold for count, qty, sold in states)


def test_views_and_grants_survive_a_publication() -> None:
    with connect() as connection:
        connection.execute(
            "create or replace view public.bi as select count(*) n from publish.fct_pos"
        )
    publish(built())
    assert rows("select n > 0 from public.bi") == [(True,)]
    assert rows("select count(*) > 0 from publish.fct_pos", "bi_reader") == [(True,)]


def test_old_versions_go_and_what_readers_see_stays() -> None:
    for _ in range(settings().keep_versions + 2):
        publish(built())
    before = rows("select * from publish.fct_pos order by submission_id, row_no")
    dropped = drop_old_versions()
    assert dropped.get("fct_pos", 0) > 0
    assert rows("select * from publish.fct_pos order by submission_id, row_no") == before
    assert rows(
        "select count(*) from ctl.published_slice p where not exists (select 1 from "
        "ctl.slice_version v where v.mart = p.mart and v.slice = p.slice and v.batch_id = p.batch_id)"
    ) == [(0,)]
    assert drop_old_versions() == {}


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("bi_reader", "select * from raw.pos"),
        ("bi_reader", "select * from marts.fct_pos"),
        ("bi_reader", "select * from ctl.submission"),
        ("ingest", "delete from raw.pos"),
        ("ingest", "update raw.pos set qty = 0"),
        ("ingest", "insert into ctl.published_slice values ('x', '2025-01-01', 1)"),
        ("transform", "insert into raw.pos (submission_id) values (1)"),
        ("transform", "insert into ctl.published_slice values ('x', '2025-01-01', 1)"),
        ("publisher", "delete from raw.pos"),
        ("publisher", "delete from ctl.submission"),
        ("publisher", "insert into marts.fct_sell_in (batch_id) values (1)"),
        ("api", "select * from publish.fct_pos"),
    ],
)
def test_a_role_may_do_no_more_than_its_work(role: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), connect(role) as connection:
        connection.execute(statement)


def test_no_role_is_superuser_and_readers_own_nothing() -> None:
    names = ", ".join(f"'{r}'" for r in ROLES)
    assert rows(f"select count(*) from pg_roles where rolname in ({names}) and rolsuper") == [(0,)]
    owners = {r[0] for r in rows("select distinct tableowner from pg_tables where schemaname in "
                                 "('raw', 'quarantine', 'ctl', 'marts', 'publish')")}  # fmt: skip
    assert owners & set(ROLES) == {"transform"}
