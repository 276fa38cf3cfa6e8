"""The landing folder, and the content store that keeps every file as it was received.

Landing is `<landing>/<dealer_id>/<file>`, on a local path or any fsspec URL. Names that begin with
a dot or end in .part or .tmp are still being written, and are left alone.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

import fsspec
from fsspec.implementations.local import LocalFileSystem

from chip_channel.intake.codes import Fatal
from chip_channel.settings import settings

UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
REMOVED = ".removed-"
CHUNK = 1024 * 1024


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
            stored = _keep(source, _identity(info))
            if _identity(os.fstat(source.fileno())) != stored.identity:
                raise UnsettledError(f"{arrival.label} is still being written")
            return stored
    identity = filesystem.ukey(path)
    with filesystem.open(path, "rb") as source:
        return _keep(source, identity)


def _identity(info: os.stat_result) -> tuple[int, ...]:
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns


def _keep(source: IO[bytes], identity: object) -> Stored:
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


def remove(arrival: Arrival, identity: object) -> None:
    """Take a loaded file out of the landing folder; its bytes stay in the content store.

    A file that was put there under the same name meanwhile is left for the next run. None as
    identity: whatever is there.
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
        source.parent.rmdir()
        return
    aside = source.with_name(f"{REMOVED}{secrets.token_hex(4)}") / source.name
    aside.parent.mkdir()
    with contextlib.suppress(FileNotFoundError):
        source.rename(aside)
        if identity not in (None, _identity(aside.lstat())):
            with contextlib.suppress(FileExistsError):  # by now the newest; this one stays aside
                os.link(aside, source, follow_symlinks=False)
                aside.unlink()
        else:
            aside.unlink()
    with contextlib.suppress(OSError):
        aside.parent.rmdir()


def received(arrival: Arrival) -> datetime | None:
    """When the file counts as received; None means now, by the database's clock."""
    if settings().received_at == "mtime":
        return min(datetime.fromtimestamp(arrival.modified, UTC), datetime.now(UTC))
    return None
