"""Versions of YAML documents that were released: added to the warehouse once, never changed."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from chip_channel.documents import DocumentError

Key = tuple[str, int]
"""(document, version)."""


@dataclass(frozen=True)
class Candidate:
    """A version as its document has it now."""

    file: Path
    key: Key
    digest: str
    store: Callable[[], None]
    """Writes it into the warehouse."""


def fingerprint(said: dict[str, Any]) -> str:
    """SHA-256 of what a version says."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def add_new(
    connection: psycopg.Connection[Any], released: str, candidates: Iterable[Candidate]
) -> tuple[Key, ...]:
    """Store every version that is new; which ones. One release at a time, in one transaction.

    `released`: a query for (document, version, digest) of those that are known.
    Raises DocumentError for a released version that was edited.
    """
    connection.execute("select pg_advisory_xact_lock(hashtext('chip_channel.released'))")
    known: dict[Key, str] = {
        (name, version): digest for name, version, digest in connection.execute(released)
    }
    added = []
    for candidate in candidates:
        name, version = candidate.key
        if candidate.key not in known:
            candidate.store()
            added.append(candidate.key)
        elif known[candidate.key] != candidate.digest:
            newest = max(v for n, v in known if n == name)
            raise DocumentError(
                f"{candidate.file}: version {version} was released with other figures; a released "
                f"version never changes. Restore it and add version {newest + 1} with the change."
            )
    return tuple(added)
