"""Peak memory for one file of 1 M lines and one of 5 M."""

import tempfile
import threading
from pathlib import Path

import psutil
from chip_channel.intake.landing import waiting
from chip_channel.intake.service import ingest
from chip_channel.settings import settings

from benchmarks.measure import Measure, at_most, workplace
from benchmarks.pos_files import SHAPES, lines, write_feeds, write_file


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
        peak, stop = [0], threading.Event()
        watcher = threading.Thread(target=_watch, args=(peak, stop))
        watcher.start()
        (outcome,) = ingest(waiting())
        stop.set()
        watcher.join()
        assert outcome.counts["accepted"] == count
    return peak[0] / 1024**2


def _watch(peak: list[int], stop: threading.Event) -> None:
    """The resident size of our children, ten times a second."""
    while not stop.wait(0.1):
        for child in psutil.Process().children():
            try:
                if "chip_channel.intake.child" in " ".join(child.cmdline()):
                    peak[0] = max(peak[0], child.memory_info().rss)
            except psutil.Error:
                continue
