"""The reading processes as a worker sees them: one process forks them, each answers on a socket."""

import contextlib
import itertools
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

from chip_channel.intake.child import MEMORY_EXIT
from chip_channel.intake.codes import Fatal
from chip_channel.intake.ledger import Job
from chip_channel.settings import settings

OWN_DEATH = (MEMORY_EXIT, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL)
"""How a reader ends that asked for more memory than its cap."""
GRACE = 5.0
"""Seconds after a reader's own alarm when it is given up."""


class WorkerLostError(RuntimeError):
    """A reader or the database went away for no fault of the file: try again."""


class Readers:
    """A few reading processes that workers share; started when first needed."""

    def __init__(self, count: int = 1) -> None:
        self.count = count
        self.processes: _Processes | None = None
        self.starting = threading.Lock()

    def run(self, *jobs: Job) -> dict[str, Any]:
        """The answer to a job, or to several that are read as one, by the first reader that is idle.

        Raises Fatal when the file broke a reader's caps, WorkerLostError when a reader was killed
        from outside.
        """
        with self.starting:
            processes = self.processes = self.processes or _Processes(self.count)
        reader = processes.idle.get()
        try:
            return reader.run(jobs)
        except (OSError, EOFError) as error:
            self._end(processes)
            if isinstance(error, TimeoutError):  # stopped: not even its alarm ended it
                raise _too_slow() from error
            raise WorkerLostError("the reading processes are gone") from error
        finally:
            processes.idle.put(reader)

    def _end(self, processes: "_Processes") -> None:
        with self.starting:
            processes.end()
            if self.processes is processes:
                self.processes = None

    def close(self) -> None:
        """End all processes."""
        if self.processes is not None:
            self._end(self.processes)


class _Processes:
    """The process that has imported all there is to import, and the readers that it forks."""

    def __init__(self, count: int) -> None:
        pairs = [socket.socketpair() for _ in range(count)]
        theirs = [their.fileno() for _, their in pairs]
        self.first = subprocess.Popen(
            [sys.executable, "-m", "chip_channel.intake.child", *map(str, theirs)],
            pass_fds=theirs, stdin=subprocess.DEVNULL, process_group=0,
            env=dict(os.environ, POLARS_MAX_THREADS="1", OPENBLAS_NUM_THREADS="1",
                     PYDANTIC_DISABLE_PLUGINS="__all__",
                     PYTHONPATH=os.pathsep.join(filter(None, sys.path))),
        )  # fmt: skip
        self.readers = [_Reader(ours) for ours, _ in pairs]
        self.idle: queue.LifoQueue[_Reader] = queue.LifoQueue()
        for reader, (_, their) in zip(self.readers, pairs, strict=True):
            their.close()
            self.idle.put(reader)

    def end(self) -> None:
        for reader in self.readers:
            reader.close()  # which ends its process, unless it hangs
        try:
            self.first.wait(timeout=1)
        except subprocess.TimeoutExpired:
            os.killpg(self.first.pid, signal.SIGKILL)
            self.first.wait()


class _Reader:
    """One socket and whoever reads at its other end: a new process when the last one died."""

    def __init__(self, ours: socket.socket) -> None:
        self.socket = ours
        self.answers = ours.makefile("r", encoding="utf-8")
        self.numbers = itertools.count()
        self.fresh = True

    def run(self, jobs: tuple[Job, ...]) -> dict[str, Any]:
        """Readers.run; OSError or EOFError when nobody is there, TimeoutError when it hangs."""
        number = next(self.numbers)
        self.socket.settimeout(settings().parse_seconds + GRACE)
        asked = {"number": number, "jobs": [job.as_dict() for job in jobs]}
        self.socket.sendall(json.dumps(asked).encode() + b"\n")
        fresh, self.fresh = self.fresh, False
        while line := self.answers.readline():
            answer: dict[str, Any] = json.loads(line)
            if answer["outcome"] == "died":
                self.fresh = True
                raise _death(answer["code"], fresh)
            if answer.pop("number") == number:  # else to a job whose reader was thought dead
                return answer
        raise EOFError

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes who waits for an answer
        self.answers.close()
        self.socket.close()


def _death(code: int, fresh: bool) -> Exception:
    if code == -signal.SIGALRM:
        return _too_slow()
    if code in OWN_DEATH and not fresh:  # what earlier files left in memory may be to blame
        return WorkerLostError("the reading process ran out of memory; once more in a new one")
    if code in OWN_DEATH:
        cap = settings().parse_memory_mb
        return Fatal("F_TOO_LARGE", f"reading it needs more than {cap:,} MB of memory")
    return WorkerLostError(f"the reading process ended with {code}")


def _too_slow() -> Fatal:
    return Fatal("F_TOO_LARGE", f"took longer than {settings().parse_seconds} s to read")
