"""Airflow on one machine: scheduler, DAG processor, triggerer and API server, on loopback."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chip_channel.settings import ROOT, settings

USERS = {"admin": "admin", "viewer": "viewer", "finance": "op"}
"""Local users and their roles; finance approves settlements."""


class AirflowError(RuntimeError):
    """Airflow could not be started, or answered with an error."""


@dataclass(frozen=True)
class LocalAirflow:
    """One Airflow whose files lie in `folder`; its metadata is in PostgreSQL."""

    folder: Path
    metadata_url: str

    @property
    def log(self) -> Path:
        return self.folder / "airflow.log"

    @property
    def port(self) -> int:
        return int((self.folder / "port").read_text())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def password(self, user: str = "admin") -> str:
        """The password of a local user, made at the first start."""
        found: dict[str, str] = json.loads((self.folder / "passwords.json").read_text())
        return found[user]

    def environment(self) -> dict[str, str]:
        """The environment that Airflow's commands run in."""
        bin_folder = str(Path(sys.executable).parent)
        return dict(
            os.environ,
            PATH=bin_folder + os.pathsep + os.environ["PATH"],
            AIRFLOW_HOME=str(self.folder),
            AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "dags"),
            AIRFLOW__CORE__PLUGINS_FOLDER=str(ROOT / "plugins"),
            AIRFLOW__CORE__EXECUTOR="LocalExecutor",
            AIRFLOW__CORE__PARALLELISM="3",
            AIRFLOW__CORE__LOAD_EXAMPLES="False",
            AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION="False",
            AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS=",".join(
                f"{user}:{role}" for user, role in USERS.items()
            ),
            AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=str(self.folder / "passwords.json"),
            AIRFLOW__CORE__EXECUTION_API_SERVER_URL=f"{self.url}/execution/",
            AIRFLOW__CORE__FERNET_KEY=self._secret("fernet", 32),
            AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=self.metadata_url,
            AIRFLOW__API__HOST="127.0.0.1",
            AIRFLOW__API__PORT=str(self.port),
            AIRFLOW__API__BASE_URL=self.url,
            AIRFLOW__API__WORKERS="1",
            AIRFLOW__API__SECRET_KEY=self._secret("api", 32),
            AIRFLOW__API_AUTH__JWT_SECRET=self._secret("jwt", 64),
            AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT="120",
            AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL="60",
            AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL="300",
            AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME="0.5",
            AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
            AIRFLOW__USAGE_DATA_COLLECTION__ENABLED="False",
            CHIP_CHANNEL_RETRY_SECONDS=os.environ.get("CHIP_CHANNEL_RETRY_SECONDS", "5"),
            DO_NOT_TRACK="1",
        )

    def start(self, progress: Callable[[str], None]) -> None:
        """Start all four parts, if they are down, and wait until they are healthy."""
        if self.healthy():
            return
        self._prepare()
        progress("Airflow: metadata")
        self._command("db", "migrate")
        for pool, slots, why in (
            ("intake", 2, "files read at a time"),
            ("publish", 1, "one at a time"),
        ):
            self._command("pools", "set", pool, str(slots), why)
        progress("Airflow: scheduler, DAG processor, triggerer, API server")
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [str(Path(sys.executable).with_name("airflow")), "standalone"],
                env=self.environment(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True, cwd=self.folder,
            )  # fmt: skip
        (self.folder / "pid").write_text(str(process.pid))
        deadline = time.monotonic() + 240
        while not self.healthy():
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AirflowError(f"Airflow did not become healthy: see {self.log}")
            time.sleep(1)

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        passwords = self.folder / "passwords.json"
        passwords.touch(mode=0o600)
        known = json.loads(passwords.read_text() or "{}")
        if set(USERS) - set(known):
            made = {user: secrets.token_urlsafe(12) for user in USERS}
            passwords.write_text(json.dumps(made | known))
        if not (self.folder / "port").exists():
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                (self.folder / "port").write_text(str(probe.getsockname()[1]))

    def _secret(self, name: str, size: int) -> str:
        path = self.folder / f".{name}"
        if not path.exists():
            import base64  # noqa: PLC0415

            path.touch(mode=0o600)
            path.write_text(base64.urlsafe_b64encode(secrets.token_bytes(size)).decode())
        return path.read_text()

    def _command(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("airflow")), *arguments], check=False,
            env=self.environment(), capture_output=True, text=True, cwd=self.folder,
        )  # fmt: skip
        if done.returncode:
            raise AirflowError(
                f"airflow {' '.join(arguments)}:\n{done.stdout}{done.stderr}"[-4000:]
            )

    def healthy(self) -> bool:
        """Whether all four parts answer."""
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/monitor/health", timeout=5) as answer:  # noqa: S310
                parts = json.load(answer)
        except (OSError, ValueError, FileNotFoundError):
            return False
        return all(parts[p]["status"] == "healthy" for p in
                   ("metadatabase", "scheduler", "triggerer", "dag_processor"))  # fmt: skip

    def stop(self) -> None:
        """Stop all parts; the whole process group, so that nothing is orphaned."""
        path = self.folder / "pid"
        if not path.exists():
            return
        group = int(path.read_text())
        for sign, patience in ((signal.SIGINT, 20), (signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            if not _alive(group):
                break
            os.killpg(group, sign)
            deadline = time.monotonic() + patience
            while _alive(group) and time.monotonic() < deadline:
                time.sleep(0.2)
        path.unlink(missing_ok=True)

    def token(self, user: str = "admin") -> str:
        """A token for the REST API."""
        body = json.dumps({"username": user, "password": self.password(user)}).encode()
        found = self._call("POST", "/auth/token", body, None)
        return str(found["access_token"])

    def api(self, method: str, path: str, body: dict[str, Any] | None = None,
            user: str = "admin") -> dict[str, Any]:  # fmt: skip
        """Call the REST API as a local user.

        Raises AirflowError with the answer when it is an error.
        """
        data = json.dumps(body).encode() if body is not None else None
        return self._call(method, f"/api/v2{path}", data, self.token(user))

    def _call(
        self, method: str, path: str, data: bytes | None, token: str | None
    ) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}{path}", data, method=method)  # noqa: S310
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise AirflowError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from error


def local_airflow() -> LocalAirflow:
    """The Airflow of this project's home, with its metadata beside the warehouse."""
    from chip_channel.local.postgres import EmbeddedPostgres  # noqa: PLC0415

    server = EmbeddedPostgres(settings().home / "postgres")
    url = server.url("airflow").replace("postgresql://", "postgresql+psycopg2://")
    return LocalAirflow(settings().home / "airflow", url)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    # zombies answer too: look for a member that still runs
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            return True
    return False
