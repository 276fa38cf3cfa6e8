"""Real servers for the tests: one PostgreSQL for the session, one database for each module."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from chip_channel.intake.feed import feed_of
from chip_channel.local.postgres import EmbeddedPostgres
from chip_channel.report.page import write_report
from chip_channel.settings import ROOT, settings
from chip_channel.world import WorldFiles
from support.page import Page


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """An embedded server for this test session alone."""
    folder = tmp_path_factory.mktemp("postgres")
    for parent in (folder, *folder.parents):  # pytest closes its folders; the server is `nobody`
        if parent.stat().st_uid == os.geteuid() and str(parent) not in ("/", "/tmp"):  # noqa: S108
            parent.chmod(parent.stat().st_mode | 0o011)
    server = EmbeddedPostgres(folder)
    server.start()
    yield server
    server.stop("immediate")


def _new_database(postgres: EmbeddedPostgres, name: str, template: str = "template1") -> None:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (template,)
        )
        admin.execute(f'drop database if exists "{name}" with (force)')
        admin.execute(f'create database "{name}" template "{template}"')


@contextmanager
def _new_home(postgres: EmbeddedPostgres, name: str, folder: Path) -> Iterator[Path]:
    from chip_channel.warehouse import migrate

    _new_database(postgres, name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHIP_CHANNEL_HOME", str(folder))
        patch.setenv("CHIP_CHANNEL_DATABASE_URL", postgres.url(name))
        patch.setenv("CHIP_CHANNEL_SETTLE_SECONDS", "0")
        patch.setenv("CHIP_CHANNEL_FEEDS", str(ROOT / "feeds"))
        settings.cache_clear()
        feed_of.cache_clear()
        migrate()
        yield folder
    settings.cache_clear()
    feed_of.cache_clear()


@pytest.fixture(scope="module")
def home(
    postgres: EmbeddedPostgres,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Path]:
    """A fresh home with its own database, roles and raw tables; settings point to it."""
    with _new_home(postgres, _database_of(request), tmp_path_factory.mktemp("home")) as made:
        yield made


def _database_of(request: pytest.FixtureRequest) -> str:
    return f"t_{request.module.__name__}".replace(".", "_")[-50:].lower()


@pytest.fixture
def fresh_home(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Path]:
    """The same for one test alone."""
    with _new_home(postgres, "t_fresh", tmp_path) as made:
        yield made


@dataclass(frozen=True)
class SmallWorld:
    """A home with three dealers and three months in it, from files to publication."""

    home: Path
    database: str
    made: WorldFiles
    before: Page
    """The report as it was before anything had arrived."""


@pytest.fixture(scope="session")
def small(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    """The small world, published once; modules that change it get a copy: `published`."""
    from support.pipeline import deploy, publish_what_waits, small_world

    folder, database = tmp_path_factory.mktemp("small"), "t_small"
    with _new_home(postgres, database, folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHIP_CHANNEL_RECEIVED_AT", "mtime")
        settings.cache_clear()
        deploy()
        before = Page.read(write_report())
        made = small_world(folder / "world")
        publish_what_waits()
    return SmallWorld(folder, database, made, before)


@pytest.fixture(scope="module")
def published(
    home: Path, small: SmallWorld, postgres: EmbeddedPostgres, request: pytest.FixtureRequest
) -> Iterator[WorldFiles]:
    """Three dealers, three months, from files to publication."""
    shutil.copytree(small.home, home, dirs_exist_ok=True)
    _new_database(postgres, _database_of(request), small.database)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHIP_CHANNEL_RECEIVED_AT", "mtime")
        settings.cache_clear()
        yield small.made
