"""Kill intake in every way, and print what was lost, doubled or left waiting: all must be 0.

python -m benchmarks.faults --seed 1 --runs 200
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from chip_channel.local.postgres import EmbeddedPostgres
from chip_channel.settings import settings
from chip_channel.warehouse import migrate

from benchmarks.chaos import Report, chaos, same_time, sweep
from benchmarks.landing_world import LandingWorld

COLUMNS = ("lost", "doubled", "ledger", "rejects", "wedged")


def main() -> int:
    """Run all faults; the exit code says whether anything was damaged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=200, help="faults of each kind")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="chip_channel_faults_"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "postgres")
    began = time.monotonic()
    try:
        server.start()
        world = make_world(folder / "home", server)
        reports = [
            sweep(world, "parent", given.runs, given.seed),
            sweep(world, "child", given.runs, given.seed),
            same_time(world, max(1, given.runs // 10)),
            chaos(world, server, given.runs, given.seed),
        ]
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
    print(table(reports))
    print(f"\nseed {given.seed}, runs {given.runs}, {time.monotonic() - began:,.0f} s")
    return int(any(d.total() for r in reports for d in r.found))


def make_world(home: Path, server: EmbeddedPostgres) -> LandingWorld:
    """A home with a fresh database on this server."""
    home.mkdir(parents=True)
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute("drop database if exists faults with (force)")
        admin.execute("create database faults")
    world = LandingWorld(home, server.url("faults"))
    before = settings().database_url
    settings().database_url = world.url
    migrate()
    settings().database_url = before
    return world


def table(reports: list[Report]) -> str:
    """The reports as a table in Markdown."""
    head = "| what was done | faults | runs | lines lost | doubled | ledger rows off | "
    lines = [head + "reject files off | files left |", "|---|---|---|---|---|---|---|---|"]
    for report in reports:
        faults = ", ".join(f"{n:,} {kind}" for kind, n in sorted(report.faults.items()))
        sums = " | ".join(f"{report.sum(column):,}" for column in COLUMNS)
        lines.append(f"| {report.name} | {faults} | {len(report.found):,} | {sums} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
