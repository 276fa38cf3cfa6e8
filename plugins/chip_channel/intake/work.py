"""The files that wait, handed out to workers: what must go in turn, and what can be read as one."""

import contextlib
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from chip_channel.intake.codes import Fatal
from chip_channel.intake.feed import FeedError, recognise
from chip_channel.intake.landing import Arrival
from chip_channel.settings import settings

Turn = tuple[Arrival, datetime | None]
"""A file, and its turn among those that wait, by which one replaces another."""
_INSTANT = timedelta(microseconds=1)
_MOST_TOGETHER, _BYTES_TOGETHER = 8, 4_000_000
_SMALL = 2_000_000
"""Bytes of a file that is read in one block."""
_AHEAD = 250
"""So many files are looked at for those that fit."""


class Work:
    """Files that wait, handed out in their order, small ones of one dealer together.

    Files of one name, and files of one dealer and size, which may be the same bytes, go one after
    the other, so that the first is the one that counts.
    """

    def __init__(self, arrivals: Iterable[Arrival]) -> None:
        self.waiting = list(arrivals)
        self.busy: set[object] = set()
        self.changed = threading.Condition()

    def next(self, clock: Callable[[], datetime | None]) -> list[Turn]:
        """The next files and their turns, by the database's clock; none when none is left."""
        with self.changed:
            while not (found := self._free()):
                if not self.waiting:
                    return []
                self.changed.wait()
            for arrival in found:
                self.waiting.remove(arrival)
            now = clock()
            return [(a, now and now + i * _INSTANT) for i, a in enumerate(found)]

    def done(self, turns: list[Turn]) -> None:
        """Files are no longer in work."""
        with self.changed:
            for arrival, _ in turns:
                self.busy -= _alike(arrival)
            self.changed.notify_all()

    def _free(self) -> list[Arrival]:
        """Files that may be taken now, marked as busy: one, and what is read as one with it."""
        start = next((i for i, a in enumerate(self.waiting) if not _alike(a) & self.busy), 0)
        share = len(self.waiting) // (2 * settings().workers + 1)  # the others want some too
        most = max(1, min(share, _MOST_TOGETHER))
        found: list[Arrival] = []
        for arrival in self.waiting[start : start + _AHEAD]:
            if len(found) < most and _fits(arrival, found) and not _alike(arrival) & self.busy:
                found.append(arrival)
                self.busy |= _alike(arrival)
        return found


def _fits(arrival: Arrival, found: list[Arrival]) -> bool:
    """Whether it can be read as one with those: small, and of one report, mode and period."""
    if not found:
        return True
    first, size = found[0], arrival.size + sum(a.size for a in found)
    if arrival.dealer_id != first.dealer_id or size > _BYTES_TOGETHER or first.size > _SMALL:
        return False
    today = datetime.now(UTC).date()
    with contextlib.suppress(Fatal, FeedError):  # the reader tells
        return recognise(arrival.dealer_id, arrival.file_name, today).alike(
            recognise(first.dealer_id, first.file_name, today)
        )
    return False


def _alike(arrival: Arrival) -> set[object]:
    return {arrival.source, (arrival.dealer_id, arrival.size)}
