"""Intake from the landing folder to the ledger, file by file, in capped processes."""

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg

from chip_channel.intake.codes import Fatal
from chip_channel.intake.feed import Recognised, recognise
from chip_channel.intake.landing import (
    Arrival,
    Remover,
    UnsettledError,
    received,
    still_there,
    take,
)
from chip_channel.intake.ledger import Job, insert_ledger, ledger_row
from chip_channel.intake.readers import Readers, WorkerLostError
from chip_channel.intake.rejects import write_reject_file
from chip_channel.intake.store import Stored
from chip_channel.intake.work import Turn, Work
from chip_channel.settings import settings
from chip_channel.warehouse import connect


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


class Intake:
    """One worker: readers, its own or shared, and a connection that keeps the ledger."""

    def __init__(self, readers: Readers | None = None) -> None:
        self.readers = readers or Readers()
        self.shared = readers is not None
        self.remover = Remover()
        self._connection: psycopg.Connection[Any] | None = None

    def __enter__(self) -> "Intake":
        return self

    def __exit__(self, *_: object) -> None:
        if not self.shared:
            self.readers.close()
        self.remover.close()
        if self._connection is not None:
            self._connection.close()

    @property
    def connection(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = connect("ingest")
            self._connection.autocommit = True
        return self._connection

    def clock(self) -> datetime | None:
        """The database's time; None when it cannot be asked."""
        with contextlib.suppress(psycopg.OperationalError):
            found = self.connection.execute("select clock_timestamp()").fetchone()
            return found[0] if found else None
        return None

    def arrival(self, arrival: Arrival, reported_at: datetime | None = None) -> Outcome | None:
        """Take one file from landing to the ledger; None when somebody else has taken it.

        `reported_at`: its turn among the files that wait, by which one replaces another.
        Raises WorkerLostError when it should be tried again, OSError when the disk does not let
        us; the file then still waits.
        """
        with self._locked([arrival]) as mine:
            return self._take(arrival, reported_at) if mine else None

    def together(self, turns: list[Turn]) -> list[Outcome] | None:
        """Take small files of one dealer in one go; None when each must be taken by itself."""
        arrivals = [arrival for arrival, _ in turns]
        with self._locked(arrivals) as mine:
            if not mine:
                return None
            try:
                kept = [take(arrival) for arrival in arrivals]
                jobs = [_job(arrival, stored, moment)
                        for (arrival, moment), stored in zip(turns, kept, strict=True)]  # fmt: skip
                answer = self.readers.run(*jobs)
            except (FileNotFoundError, UnsettledError, Fatal, WorkerLostError):
                return None
            if answer["outcome"] != "together":
                return None
            return [
                self._put_away(arrival, stored.identity, _accepted(job, loaded))
                for arrival, stored, job, loaded in zip(
                    arrivals, kept, jobs, answer["each"], strict=True
                )
            ]

    @contextlib.contextmanager
    def _locked(self, arrivals: list[Arrival]) -> Iterator[bool]:
        """Whether nobody else has one of them; nobody takes them meanwhile."""
        sources = [arrival.source for arrival in arrivals]
        found = self.connection.execute(
            "select source from unnest(%s::text[]) as source "
            "where pg_try_advisory_lock(hashtextextended(source, 0))", (sources,)
        ).fetchall()  # fmt: skip
        try:
            yield len(found) == len(sources)
        finally:
            with contextlib.suppress(psycopg.Error):  # a lost connection has let go of them
                self.connection.execute(
                    "select pg_advisory_unlock(hashtextextended(source, 0)) "
                    "from unnest(%s::text[]) as source", ([source for source, in found],)
                )  # fmt: skip

    def _take(self, arrival: Arrival, reported_at: datetime | None) -> Outcome | None:
        try:
            stored = take(arrival)
        except (FileNotFoundError, UnsettledError):
            return None
        except Fatal as fatal:
            name = hashlib.sha256(f"{arrival.source}|{arrival.modified}".encode()).hexdigest()
            stored = Stored(name, arrival.size, None)
            outcome = self._refuse(_job(arrival, stored, reported_at), fatal)
        else:
            job = _job(arrival, stored, reported_at)
            found = self.job(job, lambda: still_there(arrival, stored.identity))
            if found is None:
                return None
            outcome = found
        return self._put_away(arrival, stored.identity, outcome)

    def _put_away(self, arrival: Arrival, identity: object, outcome: Outcome) -> Outcome:
        """Tell the dealer what was refused, and remove the file from landing."""
        outcome.reject_file = write_reject_file(self.connection, outcome.submission_id)
        self.remover.remove(arrival, identity)
        self.connection.execute(
            "update ctl.submission set archived_at = clock_timestamp() "
            "where submission_id = %s and archived_at is null",
            (outcome.submission_id,),
        )
        return outcome

    def job(self, job: Job, waits: Callable[[], bool] = lambda: True) -> Outcome | None:
        """Read and load one stored file; None when another worker did, and it no longer waits."""
        try:
            answer = self.readers.run(job)
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
        return _accepted(job, answer)

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


def _job(arrival: Arrival, stored: Stored, reported_at: datetime | None) -> Job:
    moment = received(arrival)
    reported_at = moment or reported_at
    return Job(arrival.dealer_id, arrival.file_name, arrival.source, stored.sha256,
               stored.byte_size, moment.isoformat() if moment else None,
               reported_at.isoformat() if reported_at else None)  # fmt: skip


def _accepted(job: Job, loaded: dict[str, Any]) -> Outcome:
    return Outcome(job.file_name, job.dealer_id, "accepted", loaded["submission_id"],
                   loaded["report"], counts=loaded["counts"])  # fmt: skip


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
    # one more reads while they wait for the database
    work, readers = Work(arrivals), Readers(settings().workers + 1)
    outcomes: list[Outcome] = []
    lost: list[BaseException] = []
    failed: list[Exception] = []

    def worker() -> None:
        with Intake(readers) as intake:
            while not lost and (turns := work.next(intake.clock)):
                try:
                    for outcome in _outcomes(intake, turns, tries, failed):
                        outcomes.append(outcome)
                        if on_done:
                            on_done(outcome)
                except BaseException as error:
                    lost.append(error)
                finally:
                    work.done(turns)

    # while a reader reads, the next file is taken and the last one put away
    threads = [threading.Thread(target=worker) for _ in range(2 * settings().workers + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    readers.close()
    for error in [*lost, *failed]:
        raise error
    return outcomes


def _outcomes(intake: Intake, turns: list[Turn], tries: int, failed: list[Exception]
              ) -> Iterator[Outcome]:  # fmt: skip
    """Take files together if that can be, else one by one.

    Adds to `failed` what is wrong with one file, raises WorkerLostError for what all will meet.
    """
    together = None
    if len(turns) > 1:
        with contextlib.suppress(psycopg.OperationalError, OSError):  # one by one it is told
            together = intake.together(turns)
    if together is not None:
        yield from together
        return
    for arrival, reported_at in turns:
        try:
            outcome = _with_tries(intake, arrival, reported_at, tries)
        except (IntakeError, OSError) as error:
            failed.append(error)
        except WorkerLostError as error:
            if not isinstance(error.__cause__, WorkerLostError):  # not this file's alone
                raise
            failed.append(error)
        else:
            if outcome is not None:
                yield outcome


def _with_tries(intake: Intake, arrival: Arrival, reported_at: datetime | None,
                tries: int
                ) -> Outcome | None:  # fmt: skip
    for left in range(tries - 1, -1, -1):
        try:
            return intake.arrival(arrival, reported_at)
        except (WorkerLostError, psycopg.OperationalError) as error:
            if not left:
                raise WorkerLostError(f"{arrival.label}: {error}") from error
            time.sleep(0.5 * (tries - left))
    return None
