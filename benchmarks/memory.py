"""The memory that the reading process takes, by the length of the file: it must not grow.

python -m benchmarks.memory --lines 300000 1000000 5000000
"""

import argparse
import shutil
import tempfile
import threading
import time
from pathlib import Path

import psutil
from chip_channel.local.postgres import EmbeddedPostgres

from benchmarks.faults import make_world
from benchmarks.landing_world import stock


class Watch(threading.Thread):
    """The greatest memory that any reading process below another process took, in MB."""

    def __init__(self, pid: int | None = None) -> None:
        super().__init__(daemon=True)
        self.process, self.peak, self.done = psutil.Process(pid), 0.0, False

    def run(self) -> None:
        while not self.done:
            try:
                for child in self.process.children():
                    if "chip_channel.intake.child" in child.cmdline():
                        self.peak = max(self.peak, child.memory_info().rss / 2**20)
            except psutil.NoSuchProcess:
                pass
            time.sleep(0.02)


def main() -> None:
    """Print peak memory and speed for each length."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[300_000, 1_000_000, 5_000_000])
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="chip_channel_memory_"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "postgres")
    try:
        server.start()
        world = make_world(folder / "home", server)
        print("| lines | file, MB | peak of the reading process, MB | seconds |\n|---|---|---|---|")
        for lines in given.lines:
            data = stock("202601", lines)
            world.reset({"alpha/stock_202601.csv": data})
            began = time.monotonic()
            worker = world.start()
            watch = Watch(worker.pid)
            watch.start()
            worker.wait()
            watch.done = True
            took = time.monotonic() - began
            if world.left():
                raise SystemExit("the file was not taken")
            print(f"| {lines:,} | {len(data) / 2**20:,.0f} | {watch.peak:,.0f} | {took:,.1f} |")
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
