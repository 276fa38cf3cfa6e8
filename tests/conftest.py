"""Real servers for the tests: one PostgreSQL for the session, one database for each module."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from chip_channel.intake.feed import feed_of
from chip_channel.local.postgres import EmbeddedPostgres
from chip_channel.settings import ROOT, settings


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


@contextmanager
def _new_home(postgres: EmbeddedPostgres, name: str, folder: Path) -> Iterator[Path]:
    from chip_channel.warehouse import migrate

    name = name.replace(".", "_")[-50:].lower()
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f'drop database if exists "{name}" with (force)')
        admin.execute(f'create database "{name}"')
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
    with _new_home(
        postgres, f"t_{request.module.__name__}", tmp_path_factory.mktemp("home")
    ) as made:
        yield made


@pytest.fixture
def fresh_home(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Path]:
    """The same for one test alone."""
    with _new_home(postgres, "t_fresh", tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def published(home: Path) -> Iterator[Any]:
    """Three dealers, three months, from files to publication."""
    from support.pipeline import deploy, publish_what_waits, small_world

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHIP_CHANNEL_RECEIVED_AT", "mtime")
        settings.cache_clear()
        deploy()
        made = small_world(home / "world")
        publish_what_waits()
        yield made
