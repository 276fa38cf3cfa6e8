"""The trigger that watches the landing folder."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any, Literal

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

Kind = Literal["dealers", "vendor"]


class LandingTrigger(BaseEventTrigger):
    """Fires when files are ready that were not there at the last event.

    A file that stays (its run failed) does not fire again by itself; the DAG also runs by the
    clock.
    """

    def __init__(self, kind: Kind, poll_seconds: float = 2.0) -> None:
        super().__init__()
        self.kind = kind
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments."""
        return (
            "chip_channel_airflow.triggers.LandingTrigger",
            {"kind": self.kind, "poll_seconds": self.poll_seconds},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look at the landing folder again and again."""
        told: set[str] = set()
        while True:
            ready = await asyncio.to_thread(_ready, self.kind)
            if ready - told:
                yield TriggerEvent({"files": len(ready), "kind": self.kind})
            told = ready
            await asyncio.sleep(self.poll_seconds)


def _ready(kind: Kind) -> set[str]:
    from chip_channel.intake.landing import waiting

    return {
        hashlib.sha256(f"{a.path}|{a.modified}|{a.size}".encode()).hexdigest()
        for a in waiting(kind)
    }
