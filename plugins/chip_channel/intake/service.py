"""Intake from the landing folder to the ledger, file by file, in capped child processes."""

import contextlib
import hashlib
import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg

from chip_channel.intake.child import MEMORY_EXIT
from chip_channel.intake.codes import Fatal
from chip_channel.intake.feed import Recognised, recognise
from chip_channel.intake.landing import (
    Arrival,
    Stored,
    UnsettledError,
    received,
    remove,
    still_there,
    take,
)
from chip_channel.intake.ledger import Job, insert_ledger, ledger_row
from chip_channel.intake.rejects import write_reject_file
from chip_channel.settings import settings
from chip_channel.warehouse import connect

OWN_DEATH = (MEMORY_EXIT, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL)
"""How a child ends that asked for more memory than its cap."""


class WorkerLostError(RuntimeError):
    """The child or the database went away for no fault of the file: try again."""


class IntakeError(RuntimeError):
    """Our own mistake met in a file; the file waits until it is mended."""


@dataclass
class Outcome:
    """What became of one arrival."""

    file: str
    dealer_id: str
    outcome: str
    """accepted, rejected, duplicate, or same: loaded before from this very arrival."""
    submission_id: int
    report: str = "unknown"
    code: str | None = None
    detail: str = ""
    counts: dict[str, Any] = field(default_factory=dict)
    reject_file: str | None = None


class Child:
    """One reading process; started when first needed, replaced when it died."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.fresh = True

    def run(self, job: Job) -> dict[str, Any]:
        """The child's answer to a job.

        Raises Fatal when the file broke the child's caps, WorkerLostError when the child was
        killed from outside.
        """
        process = self.process or self._start()
        assert process.stdin is not None  # noqa: S101 - a pipe
        assert process.stdout is not None  # noqa: S101 - a pipe
        try:
            process.stdin.write(json.dumps(job.as_dict()) + "\n")
            process.stdin.flush()
        except BrokenPipeError as error:
            self.close()
            raise WorkerLostError("the reading process is gone") from error
        ready, _, _ = select.select([process.stdout], [], [], settings().parse_seconds)
        answer = process.stdout.readline() if ready else ""
        fresh, self.fresh = self.fresh, False
        if answer:
            found: dict[str, Any] = json.loads(answer)
            return found
        code = None if not ready else process.wait()
        self.close()
        if code is None:
            raise Fatal("F_TOO_LARGE", f"took longer than {settings().parse_seconds} s to read")
        if code in OWN_DEATH and not fresh:  # what earlier files left in memory may be to blame
            raise WorkerLostError("the reading process ran out of memory; once more in a new one")
        if code in OWN_DEATH:
            raise Fatal(
                "F_TOO_LARGE",
                f"reading it needs more than {settings().parse_memory_mb:,} MB of memory",
            )
        raise WorkerLostError(f"the reading process ended with {code}")

    def _start(self) -> subprocess.Popen[str]:
        self.fresh = True
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chip_channel.intake.child"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=dict(os.environ, POLARS_MAX_THREADS="1",
                     PYTHONPATH=os.pathsep.join(filter(None, sys.path))),
        )  # fmt: skip
        return self.process

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                with contextlib.suppress(OSError):
                    pipe and pipe.close()
            self.process = None


class Intake:
    """One worker: a child that reads and a connection that keeps the ledger."""

    def __init__(self) -> None:
        self.child = Child()
        self._connection: psycopg.Connection[Any] | None = None

    def __enter__(self) -> "Intake":
        return self

    def __exit__(self, *_: object) -> None:
        self.child.close()
        if self._connection is not None:
            self._connection.close()

    @property
    def connection(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = connect("ingest")
            self._connection.autocommit = True
        return self._connection

    def arrival(self, arrival: Arrival) -> Outcome | None:
        """Take one file from landing to the ledger; None when somebody else has taken it.

        Raises WorkerLostError when it should be tried again, OSError when the disk does not let
        us; the file then still waits.
        """
        mine = self.connection.execute(
            "select pg_try_advisory_lock(hashtextextended(%s, 0))", (arrival.source,)
        ).fetchone()
        if not mine or not mine[0]:
            return None
        try:
            return self._take(arrival)
        finally:
            with contextlib.suppress(psycopg.Error):  # a lost connection has let go of it
                self.connection.execute(
                    "select pg_advisory_unlock(hashtextextended(%s, 0))", (arrival.source,)
                )

    def _take(self, arrival: Arrival) -> Outcome | None:
        try:
            stored = take(arrival)
        except (FileNotFoundError, UnsettledError):
            return None
        except Fatal as fatal:
            name = hashlib.sha256(f"{arrival.source}|{arrival.modified}".encode()).hexdigest()
            stored = Stored(name, arrival.size, None)
            outcome = self._refuse(_job(arrival, stored), fatal)
        else:
            found = self.job(_job(arrival, stored), lambda: still_there(arrival, stored.identity))
            if found is None:
                return None
            outcome = found
        outcome.reject_file = write_reject_file(self.connection, outcome.submission_id)
        remove(arrival, stored.identity)
        self.connection.execute(
            "update ctl.submission set archived_at = clock_timestamp() "
            "where submission_id = %s and archived_at is null",
            (outcome.submission_id,),
        )
        return outcome

    def job(self, job: Job, waits: Callable[[], bool] = lambda: True) -> Outcome | None:
        """Read and load one stored file; None when another worker did, and it no longer waits."""
        try:
            answer = self.child.run(job)
        except Fatal as fatal:
            return self._refuse(job, fatal)
        if answer["outcome"] == "retry":
            raise WorkerLostError(answer["detail"])
        if answer["outcome"] == "failed":
            raise IntakeError(f"{job.file_name}: {answer['detail']}")
        if answer["outcome"] == "fatal":
            return self._refuse(job, Fatal(answer["code"], answer["detail"]))
        if answer["outcome"] == "seen":
            return self._seen(job, answer["report"], waits)
        return Outcome(job.file_name, job.dealer_id, "accepted", answer["submission_id"],
                       answer["report"], counts=answer["counts"])  # fmt: skip

    def _refuse(self, job: Job, fatal: Fatal) -> Outcome:
        """Write down that a submission is refused, and why."""
        recognised = _recognised(job)
        row = ledger_row(job, recognised, status="rejected", fatal_code=fatal.code,
                         fatal_detail=fatal.detail)  # fmt: skip
        submission_id = insert_ledger(self.connection, row)
        if submission_id is None:  # these bytes were refused before, so they still wait
            found = self._seen(job, row["report"], lambda: True)
            assert found  # noqa: S101 - it waits
            return found
        return Outcome(job.file_name, job.dealer_id, "rejected", submission_id, row["report"],
                       fatal.code, fatal.detail)  # fmt: skip

    def _seen(self, job: Job, report: str, waits: Callable[[], bool]) -> Outcome | None:
        """These bytes are in the ledger: from this very arrival, whose worker died, or before.

        An arrival is archived after it was removed: when its row is and the file still waits, it
        was sent again.
        """
        recognised = _recognised(job)
        rows = self.connection.execute(
            "select submission_id, duplicate_of is not null, source = %s and archived_at is null, "
            "fatal_code, fatal_detail, received_at::date from ctl.submission where dealer_id = %s "
            "and report = %s and sha256 = %s and attempt = %s and as_of is not distinct from %s "
            "order by submission_id",
            (
                job.source,
                job.dealer_id,
                report,
                job.sha256,
                job.attempt,
                recognised.period_end if recognised else None,
            ),
        ).fetchall()
        if not rows:
            raise WorkerLostError("the ledger row vanished")
        for submission_id, duplicate, this_arrival, code, detail, _ in rows:
            if this_arrival:
                return Outcome(job.file_name, job.dealer_id, "duplicate" if duplicate else "same",
                               submission_id, report, code, detail or "")  # fmt: skip
        if not waits():
            return None
        first, _, _, code, _, day = rows[0]
        became = f"refused with {code}" if code else "loaded"
        detail = f"the same bytes were received on {day} and {became} (submission {first})"
        row = ledger_row(job, recognised, status="rejected", fatal_code="F_DUP_FILE",
                         fatal_detail=detail, duplicate_of=first) | {"report": report}  # fmt: skip
        again = insert_ledger(self.connection, row)
        return Outcome(job.file_name, job.dealer_id, "duplicate", int(again or 0), report,
                       "F_DUP_FILE", detail)  # fmt: skip


def _job(arrival: Arrival, stored: Stored) -> Job:
    moment = received(arrival)
    return Job(arrival.dealer_id, arrival.file_name, arrival.source, stored.sha256,
               stored.byte_size, moment.isoformat() if moment else None)  # fmt: skip


def _recognised(job: Job) -> Recognised | None:
    try:
        return recognise(job.dealer_id, job.file_name, datetime.now(UTC).date())
    except Fatal:
        return None


def ingest(arrivals: Iterable[Arrival], on_done: Callable[[Outcome], None] | None = None,
           tries: int = 5) -> list[Outcome]:  # fmt: skip
    """Take many files, several at a time; a lost worker is tried again.

    Raises WorkerLostError at once when the database is gone. At the end, when all other files are
    taken: WorkerLostError for a file whose reader died in every try, IntakeError or OSError for one
    that met a mistake of ours or a full disk.
    """
    work: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
    for arrival in arrivals:
        work.put(arrival)
    outcomes: list[Outcome] = []
    lost: list[BaseException] = []
    failed: list[Exception] = []

    def worker() -> None:
        with Intake() as intake:
            while not lost:
                try:
                    arrival = work.get_nowait()
                except queue.Empty:
                    return
                try:
                    outcome = _with_tries(intake, arrival, tries)
                except (IntakeError, OSError) as error:
                    failed.append(error)
                    continue
                except WorkerLostError as error:
                    if isinstance(error.__cause__, WorkerLostError):  # this file's, not everyone's
                        failed.append(error)
                        continue
                    lost.append(error)
                    return
                except BaseException as error:
                    lost.append(error)
                    return
                if outcome is not None:
                    outcomes.append(outcome)
                    if on_done:
                        on_done(outcome)

    threads = [threading.Thread(target=worker) for _ in range(settings().workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in [*lost, *failed]:
        raise error
    return outcomes


def _with_tries(intake: Intake, arrival: Arrival, tries: int) -> Outcome | None:
    for left in range(tries - 1, -1, -1):
        try:
            return intake.arrival(arrival)
        except (WorkerLostError, psycopg.OperationalError) as error:
            if not left:
                raise WorkerLostError(f"{arrival.label}: {error}") from error
            time.sleep(0.5 * (tries - left))
    return None
