"""What is wrong with a set-up, and how to mend it."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import fsspec
import psycopg

from chip_channel.contracts import contracts
from chip_channel.contracts.generate import drift
from chip_channel.intake.feed import FeedError, feed_files, read_feed
from chip_channel.quality.suite import SuiteError, datasets, suite
from chip_channel.settings import ROOT, settings
from chip_channel.warehouse import connect
from chip_channel.warehouse.connect import NoWarehouseError
from chip_channel.warehouse.schema import ROLES

FREE_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at."""

    what: str
    good: bool
    found: str
    mend: str = ""


def examine() -> list[Diagnosis]:
    """Look at everything; a check that cannot be made counts as bad."""
    checks: tuple[Callable[[], Iterator[Diagnosis]], ...] = (
        _python, _home, _landing, _feeds, _contracts, _suites, _database, _plugins, _notify,
    )  # fmt: skip
    found: list[Diagnosis] = []
    for check in checks:
        try:
            found += check()
        except Exception as error:
            name = check.__name__.strip("_")
            found.append(Diagnosis(name, False, f"{type(error).__name__}: {error}",
                                   "This could not be looked at; mend what the message says."))  # fmt: skip
    return found


def _python() -> Iterator[Diagnosis]:
    version = sys.version_info
    yield Diagnosis("Python", version[:2] == (3, 11), ".".join(map(str, version[:3])),
                    "Use Python 3.11: the lock file is made for it.")  # fmt: skip


def _home() -> Iterator[Diagnosis]:
    home = settings().home
    home.mkdir(parents=True, exist_ok=True)
    writable = os.access(home, os.W_OK)
    yield Diagnosis("Home", writable, str(home),
                    "Let this user write there, or set CHIP_CHANNEL_HOME.")  # fmt: skip
    free = shutil.disk_usage(home).free
    yield Diagnosis("Disk", free > FREE_BYTES, f"{free / 1024**3:.1f} GB free",
                    "Make room: files, versions of marts and logs need at least 2 GB.")  # fmt: skip


def _landing() -> Iterator[Diagnosis]:
    filesystem, path = fsspec.core.url_to_fs(settings().landing_url)
    there = filesystem.exists(path)
    yield Diagnosis("Landing", there, settings().landing_url,
                    "Create the folder, or set CHIP_CHANNEL_LANDING to where files arrive.")  # fmt: skip


def _feeds() -> Iterator[Diagnosis]:
    paths = list(feed_files())
    yield Diagnosis("Feeds", bool(paths), f"{len(paths)} in {settings().feeds}",
                    "Set CHIP_CHANNEL_FEEDS, or draft one: chip-channel feed init FILE.")  # fmt: skip
    for path in paths:
        try:
            read_feed(path)
        except FeedError as error:
            yield Diagnosis("Feed", False, str(error), "Correct the line that it names.")


def _contracts() -> Iterator[Diagnosis]:
    known = contracts()
    differing = drift()
    found = f"{len(known)} reports" if not differing else "differs: " + ", ".join(differing)
    yield Diagnosis("Contracts", not differing, found, "Run: make contracts")


def _suites() -> Iterator[Diagnosis]:
    for gate in ("raw", "marts", "publish"):
        try:
            count = sum(len(s.expectations) for d in datasets(gate) if (s := suite(gate, d)))
            yield Diagnosis(f"Gate {gate}", count > 0, f"{count} checks",
                            f"Put suites into expectations/{gate}/.")  # fmt: skip
        except SuiteError as error:
            yield Diagnosis(f"Gate {gate}", False, str(error), "Correct the file that it names.")


def _database() -> Iterator[Diagnosis]:
    try:
        with connect() as connection:
            version = connection.info.server_version
            yield Diagnosis("PostgreSQL", version >= 160000, f"{version // 10000}.{version % 10000}",
                            "Use PostgreSQL 16 or newer.")  # fmt: skip
            missing = set(ROLES) - {r[0] for r in connection.execute(
                "select rolname::text from pg_roles where pg_has_role(current_user, oid, 'member')"
            )}  # fmt: skip
            yield Diagnosis("Roles", not missing, "all there" if not missing else
                            "missing: " + ", ".join(sorted(missing)),
                            "Run: chip-channel warehouse init")  # fmt: skip
            tables = {r[0] for r in connection.execute(
                "select tablename::text from pg_tables where schemaname = 'raw'")}  # fmt: skip
            absent = set(contracts()) - tables
            yield Diagnosis("Raw tables", not absent, "all there" if not absent else
                            "missing: " + ", ".join(sorted(absent)),
                            "Run: chip-channel warehouse init")  # fmt: skip
            (views,) = connection.execute(
                "select count(*) from pg_views where schemaname = 'publish'"
            ).fetchone() or (0,)
            yield Diagnosis("Published views", views > 0, f"{views} views",
                            "Run: chip-channel warehouse init")  # fmt: skip
    except (NoWarehouseError, psycopg.OperationalError) as error:
        yield Diagnosis("PostgreSQL", False, str(error).strip(),
                        "Start it, or correct CHIP_CHANNEL_DATABASE_URL.")  # fmt: skip


def _plugins() -> Iterator[Diagnosis]:
    ignored = set((ROOT / "plugins" / ".airflowignore").read_text().split())
    packages = {p.name for p in (ROOT / "plugins").iterdir() if (p / "__init__.py").exists()}
    yield Diagnosis("plugins/.airflowignore", packages <= ignored, ", ".join(sorted(ignored)),
                    "Name every package there: Airflow runs each file of the others again.")  # fmt: skip


def _notify() -> Iterator[Diagnosis]:
    channels = os.environ.get("CHIP_CHANNEL_NOTIFY", "")
    wrong = [c for c in channels.split(",") if c.strip() not in ("", "smtp", "apprise")]
    yield Diagnosis("Notifications", not wrong, channels or "off",
                    "CHIP_CHANNEL_NOTIFY takes smtp, apprise or both.")  # fmt: skip
