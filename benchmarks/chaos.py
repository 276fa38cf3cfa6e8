"""Faults, each of which must cost nothing: death at any line, and death at random."""

import random
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from chip_channel.local.postgres import EmbeddedPostgres

from benchmarks.landing_world import Damage, LandingWorld, damage, few_files, many_files

DIE = Path(__file__).with_name("die")


@dataclass
class Report:
    """What was done, and what it did."""

    name: str
    faults: dict[str, int] = field(default_factory=dict)
    found: list[Damage] = field(default_factory=list)

    def add(self, kind: str) -> None:
        self.faults[kind] = self.faults.get(kind, 0) + 1

    def sum(self, what: str) -> int:
        return sum(getattr(d, what) for d in self.found)


def lines_run(world: LandingWorld, who: str) -> int:
    """How many lines of intake a process runs for the few files."""
    count = world.home / "count"
    world.reset(few_files())
    world.start(**_die(world, who), DIE_COUNT=str(count)).wait(timeout=300)
    return int(count.read_text())


def _die(world: LandingWorld, who: str, at: int = 0) -> dict[str, str]:
    once = world.home / "died"
    once.unlink(missing_ok=True)
    path = f"{DIE}:{world.environment()['PYTHONPATH']}"
    return {"DIE_IN": who, "DIE_AT": str(at), "DIE_ONCE": str(once), "PYTHONPATH": path}


def sweep(world: LandingWorld, who: str, runs: int, seed: int) -> Report:
    """Kill the parent or the child at so many lines, spread over all that it runs."""
    report = Report(f"kill -9 of the {who} at a line")
    total = lines_run(world, who)
    world.reset(few_files())
    world.finish()
    wanted = world.state()
    source = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    step = total / runs
    for i in range(runs):
        at = 1 + int(i * step + source.random() * step)
        world.reset(few_files())
        world.start(**_die(world, who, at)).wait(timeout=120)
        if (world.home / "died").exists():
            report.add("kills")
        world.finish()
        report.found.append(damage(wanted, world.state()))
    return report


def chaos(
    world: LandingWorld,
    server: EmbeddedPostgres,
    faults: int,
    seed: int,
    *,
    files: int = 40,
    servers: bool = True,
) -> Report:
    """Two workers over one landing folder; every few tenths of a second something dies."""
    report = Report("two workers, random deaths")
    source = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    world.reset(many_files(files))
    world.finish()
    wanted = world.state()
    done = 0
    while done < faults:
        world.reset(many_files(files))
        workers: list[subprocess.Popen[bytes]] = []
        while world.left() and done < faults:
            workers = [w for w in workers if w.poll() is None]
            while len(workers) < 2:
                workers.append(world.start())
            time.sleep(source.uniform(0.1, 0.9))
            kind = source.choices(
                ["parent", "child", "connection", "server"], [4, 4, 4, int(servers)]
            )[0]
            if _strike(kind, workers, world, server, source):
                report.add(kind)
                done += 1
        for worker in workers:
            worker.wait(timeout=120)
        world.finish()
        report.found.append(damage(wanted, world.state()))
    return report


def _strike(kind: str, workers: list[subprocess.Popen[bytes]], world: LandingWorld,
            server: EmbeddedPostgres, source: random.Random) -> bool:  # fmt: skip
    """One fault; False when there was nothing to strike."""
    if kind == "parent":
        worker = source.choice(workers)
        worker.send_signal(signal.SIGKILL)
        return worker.wait() == -signal.SIGKILL
    if kind == "child":
        children = _children(workers)
        if children:
            source.choice(children).kill()
        return bool(children)
    if kind == "connection":
        with psycopg.connect(world.url, autocommit=True) as connection:
            ended = connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name "
                "= 'chip_channel/ingest' and datname = current_database() order by random() limit 1"
            ).fetchall()
        return bool(ended)
    server.stop("immediate")
    server.start()
    return True


def _children(workers: list[subprocess.Popen[bytes]]) -> list[psutil.Process]:
    found = []
    for worker in workers:
        try:
            found += psutil.Process(worker.pid).children()
        except psutil.NoSuchProcess:
            continue
    return found


def same_time(world: LandingWorld, runs: int) -> Report:
    """Two workers start on the same files at the same moment."""
    report = Report("two workers at the same moment")
    world.reset(few_files())
    world.finish()
    wanted = world.state()
    for _ in range(runs):
        world.reset(few_files())
        workers = [world.start(), world.start()]
        for worker in workers:
            worker.wait(timeout=120)
        report.add("pairs")
        world.finish()
        report.found.append(damage(wanted, world.state()))
    return report
