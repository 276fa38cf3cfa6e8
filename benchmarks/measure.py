"""What a benchmark gives back, and a server of its own to measure on."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chip_channel.intake.feed import feed_of
from chip_channel.local.postgres import EmbeddedPostgres
from chip_channel.settings import settings
from chip_channel.warehouse import migrate


@dataclass(frozen=True)
class Measure:
    """One figure. `met` is None where there is no target."""

    name: str
    value: float
    unit: str
    target: str = ""
    met: bool | None = None


def at_least(name: str, value: float, unit: str, target: float) -> Measure:
    """A figure that should be at least the target."""
    return Measure(name, round(value, 4), unit, f">= {target:g}", value >= target)


def at_most(name: str, value: float, unit: str, target: float) -> Measure:
    """A figure that should be at most the target."""
    return Measure(name, round(value, 4), unit, f"<= {target:g}", value <= target)


class Clock:
    """Wall seconds of a block."""

    def __enter__(self) -> "Clock":
        self.started = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self.started


@contextmanager
def workplace(feeds: Path | None = None) -> Iterator[Path]:
    """An empty home with its own embedded PostgreSQL, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="chip-bench-") as name:
        home = Path(name)
        home.chmod(0o755)
        kept = dict(os.environ)
        server = EmbeddedPostgres(home / "postgres")
        os.environ |= {
            "CHIP_CHANNEL_HOME": name, "CHIP_CHANNEL_SETTLE_SECONDS": "0",
            "CHIP_CHANNEL_DATABASE_URL": server.start(),
        }  # fmt: skip
        if feeds:
            os.environ["CHIP_CHANNEL_FEEDS"] = str(feeds)
        settings.cache_clear()
        feed_of.cache_clear()
        try:
            migrate()
            yield home
        finally:
            server.stop("immediate")
            os.environ.clear()
            os.environ.update(kept)
            settings.cache_clear()
            feed_of.cache_clear()
