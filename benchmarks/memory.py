"""Peak memory for one file of 1 M lines and one of 5 M."""

import contextlib
import tempfile
import threading
import time
from pathlib import Path

import psutil
from chip_channel.intake.landing import waiting
from chip_channel.intake.service import ingest
from chip_channel.settings import settings

from benchmarks.measure import Measure, at_most, workplace
from benchmarks.pos_files import SHAPES, lines, write_feeds, write_file


class Watch(threading.Thread):
    """The greatest memory that any reading process below another process took, in MB."""

    def __init__(self, pid: int | None = None) -> None:
        super().__init__(daemon=True)
        self.process, self.peak, self.done = psutil.Process(pid), 0.0, False

    def run(self) -> None:
        """Look fifty times a second, until `done`."""
        while not self.done:
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in self.process.children(recursive=True):
                    if "chip_channel.intake.child" in child.cmdline():
                        self.peak = max(self.peak, child.memory_info().rss / 2**20)
            time.sleep(0.02)


def run() -> list[Measure]:
    """Megabytes of the largest reading process."""
    return [
        at_most(
            f"peak memory, one file of {millions} M lines", _peak(millions * 1_000_000), "MB", 300
        )
        for millions in (1, 5)
    ]


def _peak(count: int) -> float:
    with tempfile.TemporaryDirectory() as name, workplace(Path(name) / "feeds"):
        write_feeds(Path(name) / "feeds")
        target = Path(settings().landing_url) / "plain"
        target.mkdir(parents=True)
        with (target / "pos_202603_1.csv").open("wb") as out:
            for start in range(0, count, 500_000):
                part = Path(name) / "part.csv"
                write_file(part, lines(500_000, seed=start, start=start), SHAPES[0])
                text = part.read_bytes()
                out.write(text if start == 0 else text.split(b"\n", 1)[1])
        watch = Watch()
        watch.start()
        (outcome,) = ingest(waiting())
        watch.done = True
        assert outcome.counts["accepted"] == count
    return watch.peak
