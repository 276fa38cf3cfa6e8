"""The content store: every file as it was received, named by the hash of its bytes."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from chip_channel.intake.codes import Fatal
from chip_channel.settings import settings

CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """A file in the content store."""

    sha256: str
    byte_size: int
    identity: object
    """What tells the copied source from a file that comes in its place, or was written on."""

    @property
    def path(self) -> Path:
        return stored_path(self.sha256)


def stored_path(sha256: str) -> Path:
    """Where the bytes with this hash are kept."""
    return settings().store / sha256[:2] / sha256


def keep(source: IO[bytes], identity: object) -> Stored:
    """Copy an open file into the store, hashing it in the same pass.

    Raises Fatal with F_TOO_LARGE above the cap.
    """
    limit = settings().max_file_bytes
    digest, size = hashlib.sha256(), 0
    settings().store.mkdir(parents=True, exist_ok=True)
    partial = settings().store / f".part-{secrets.token_hex(8)}"
    try:
        with partial.open("xb") as copy:
            while block := source.read(CHUNK):
                digest.update(block)
                size += len(block)
                if size > limit:
                    raise Fatal("F_TOO_LARGE", f"larger than {limit:,} bytes")
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
        target = stored_path(digest.hexdigest())
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            partial.chmod(0o444)
            partial.rename(target)
            _sync_folder(target.parent)
        return Stored(digest.hexdigest(), size, identity)
    finally:
        partial.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
