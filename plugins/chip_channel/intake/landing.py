"""The landing folder, from where every file goes into the content store.

Landing is `<landing>/<dealer_id>/<file>`, on a local path or any fsspec URL. Names that begin with
a dot or end in .part or .tmp are still being written, and are left alone.
"""

import contextlib
import errno
import os
import secrets
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import fsspec
from fsspec.implementations.local import LocalFileSystem

from chip_channel.intake.codes import Fatal
from chip_channel.intake.store import Stored, keep
from chip_channel.settings import settings

UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
REMOVED = ".removed-"


class UnsettledError(Exception):
    """A file was written to while it was copied; it is taken when it has settled."""


@dataclass(frozen=True)
class Arrival:
    """A file that waits in the landing folder."""

    path: str
    dealer_id: str
    file_name: str
    size: int
    modified: float

    @property
    def source(self) -> str:
        """Where the dealer put it, as text; the same when it was moved aside to be removed."""
        folder, _, _ = self.path.rpartition("/")
        if folder.rpartition("/")[2].startswith(REMOVED):
            folder = folder.rpartition("/")[0]
        return f"{_text(folder)}/{self.file_name}"

    @property
    def label(self) -> str:
        """How people see it."""
        return f"{self.dealer_id} · {self.file_name}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def waiting(kind: Literal["dealers", "vendor"] | None = None) -> list[Arrival]:
    """Files that are ready to be taken, oldest first: of the dealers, of the maker, or all."""
    filesystem, root = fsspec.core.url_to_fs(settings().landing_url)
    if not filesystem.exists(root):
        return []
    found = _local(Path(root)) if isinstance(filesystem, LocalFileSystem) else _remote(
        filesystem, root
    )  # fmt: skip
    settled = time.time() - settings().settle_seconds
    if kind is not None:
        found = (a for a in found if (a.dealer_id == settings().vendor_id) == (kind == "vendor"))
    return sorted(
        (a for a in found if a.modified <= settled or a.modified > time.time() + 60),
        key=lambda a: (a.modified, a.path),
    )


def _ready(name: str) -> bool:
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED)


def _local(root: Path) -> Iterator[Arrival]:
    for folder in _entries(root):
        if folder.is_dir(follow_symlinks=False) and not folder.name.startswith("."):
            yield from _local_files(folder.path, _text(folder.name))


def _local_files(folder: str, dealer_id: str) -> Iterator[Arrival]:
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            if entry.name.startswith(REMOVED):  # left over when a worker was killed
                yield from _local_files(entry.path, dealer_id)
        elif _ready(entry.name):
            with contextlib.suppress(FileNotFoundError):  # taken by somebody else meanwhile
                info = entry.stat(follow_symlinks=False)
                yield Arrival(entry.path, dealer_id, _text(entry.name), info.st_size, info.st_mtime)


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except FileNotFoundError:
        return []


def _text(name: str) -> str:
    """A file's name as text; a name that is not UTF-8 most likely is GB18030."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode("utf-8", "backslashreplace")


def _remote(filesystem: Any, root: str) -> Iterator[Arrival]:
    for info in filesystem.glob(f"{root.rstrip('/')}/*/*", detail=True).values():
        folder, name = info["name"].rsplit("/", 2)[-2:]
        if info["type"] == "file" and _ready(name) and not folder.startswith("."):
            when = info.get("mtime") or info.get("LastModified") or info.get("created") or 0
            modified = when.timestamp() if isinstance(when, datetime) else float(when)
            yield Arrival(filesystem.unstrip_protocol(info["name"]), folder, name,
                          int(info["size"]), modified)  # fmt: skip


def take(arrival: Arrival) -> Stored:
    """Copy a file into the content store, hashing it in the same pass.

    Raises Fatal with F_UNREADABLE for what is no regular file, F_TOO_LARGE above the cap,
    FileNotFoundError when somebody else has taken it, and UnsettledError when it is still written.
    """
    filesystem, path = fsspec.core.url_to_fs(arrival.path)
    if isinstance(filesystem, LocalFileSystem):
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENXIO):
                raise
            raise Fatal("F_UNREADABLE", "a symbolic link or special file is not taken") from error
        with os.fdopen(handle, "rb") as source:
            info = os.fstat(source.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise Fatal("F_UNREADABLE", "not a regular file")
            stored = keep(source, _identity(info))
            if _identity(os.fstat(source.fileno())) != stored.identity:
                raise UnsettledError(f"{arrival.label} is still being written")
            return stored
    identity = filesystem.ukey(path)
    with filesystem.open(path, "rb") as source:
        return keep(source, identity)


def _identity(info: os.stat_result) -> tuple[int, ...]:
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns


def still_there(arrival: Arrival, identity: object) -> bool:
    """Whether what was copied still waits where it lay."""
    filesystem, path = fsspec.core.url_to_fs(arrival.path)
    try:
        if isinstance(filesystem, LocalFileSystem):
            return _identity(os.lstat(path)) == identity
        return bool(filesystem.ukey(path) == identity)
    except FileNotFoundError:
        return False


class Remover:
    """Takes loaded files out of the landing folder; their bytes stay in the content store."""

    def __init__(self) -> None:
        self.aside = f"{REMOVED}{secrets.token_hex(4)}"
        self.used: set[Path] = set()
        """Folders set aside in, made once and not once a file."""

    def remove(self, arrival: Arrival, identity: object) -> None:
        """Remove one file, unless another was put there under the same name meanwhile.

        That one is left for the next run. None as identity: whatever is there.
        """
        filesystem, path = fsspec.core.url_to_fs(arrival.path)
        if not isinstance(filesystem, LocalFileSystem):
            with contextlib.suppress(FileNotFoundError):
                if identity in (None, filesystem.ukey(path)):
                    filesystem.rm_file(path)
            return
        source = Path(path)
        if source.parent.name.startswith(REMOVED):
            source.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # others lie there too
                source.parent.rmdir()
            return
        aside = source.with_name(self.aside) / source.name
        if aside.parent not in self.used:
            aside.parent.mkdir()
            self.used.add(aside.parent)
        with contextlib.suppress(FileNotFoundError):
            source.rename(aside)
            if identity not in (None, _identity(aside.lstat())):
                with contextlib.suppress(FileExistsError):  # by now the newest; this stays aside
                    os.link(aside, source, follow_symlinks=False)
                    aside.unlink()
            else:
                aside.unlink()

    def close(self) -> None:
        """Take away the folders that were needed."""
        for folder in self.used:
            with contextlib.suppress(OSError):  # not empty: a file that stays aside
                folder.rmdir()


def received(arrival: Arrival) -> datetime | None:
    """When the file counts as received; None means now, by the database's clock."""
    if settings().received_at == "mtime":
        return min(datetime.fromtimestamp(arrival.modified, UTC), datetime.now(UTC))
    return None
