"""Commands for the servers of one machine."""

import shutil
import time
from typing import Annotated

import typer
from rich.status import Status

from chip_channel.console import console
from chip_channel.local.airflow import local_airflow
from chip_channel.local.postgres import EmbeddedPostgres
from chip_channel.local.state import state
from chip_channel.settings import settings

app = typer.Typer(no_args_is_help=True, help="Servers on this machine, on loopback.")


def embedded() -> EmbeddedPostgres:
    """The embedded server of this project."""
    return EmbeddedPostgres(settings().home / "postgres")


class _Teller:
    """Progress: one changing line on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.told = 0.0
        self.status: Status | None = None
        self.last = ""

    def __call__(self, text: str) -> None:
        stamp = f"{time.monotonic() - self.started:5.0f} s  {text}"
        if console.is_terminal and " · " in text:
            self.status = self.status or console.status(stamp)
            self.status.start()
            self.status.update(stamp)
        elif " · " not in text or (text != self.last and time.monotonic() - self.told > 10):
            self.told = time.monotonic()
            console.print(stamp)
        self.last = text

    def stop(self) -> None:
        if self.status is not None:
            self.status.stop()


@app.command()
def run(
    small: Annotated[bool, typer.Option(help="Three dealers, three months")] = False,
) -> None:
    """Run everything on the sample world until all is published, and say what came of it."""
    from chip_channel.local import run as running  # noqa: PLC0415
    from chip_channel.local.settle import SettlingError, settle  # noqa: PLC0415
    from chip_channel.local.summary import show  # noqa: PLC0415

    tell = _Teller()
    try:
        stack = running.start(tell)
        new = running.land_history(stack, running.world(tell, small), tell)
        assert stack.airflow is not None  # noqa: S101 - started
        settled = settle(stack.airflow, tell)
        tell.stop()
        show(console, stack.airflow)
        console.print(
            f"\n{new} files were new; everything is published, {settled} statements were settled."
            if new or settled
            else "\nNothing was new; nothing has changed."
        )
    except (running.RunError, SettlingError) as error:
        tell.stop()
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from error
    finally:
        tell.stop()
    console.print("The servers still run: make status, make down.")


@app.command()
def up() -> None:
    """Start PostgreSQL and Airflow, and leave them running."""
    from chip_channel.local import run as running  # noqa: PLC0415
    from chip_channel.local.summary import where_to_look  # noqa: PLC0415

    tell = _Teller()
    stack = running.start(tell)
    tell.stop()
    where_to_look(console, stack.airflow)


@app.command()
def start() -> None:
    """Start the embedded PostgreSQL alone."""
    embedded().start()
    console.print("PostgreSQL runs.")


@app.command()
def down() -> None:
    """Stop Airflow and PostgreSQL; what they hold stays."""
    from chip_channel.local.run import stop  # noqa: PLC0415

    stop()
    console.print("All servers are stopped.")


@app.command()
def status() -> None:
    """Say what runs, and where the pipeline stands."""
    server = embedded()
    running = server.running() or bool(settings().database_url)
    console.print(f"PostgreSQL  {'runs' if running else 'is down'}")
    if running:
        airflow = local_airflow()
        healthy = (airflow.folder / "port").exists() and airflow.healthy()
        console.print(f"Airflow     {'runs at ' + airflow.url if healthy else 'is down'}")
        console.print(str(state()))


@app.command()
def clean() -> None:
    """Stop everything and remove what the runs left behind."""
    from chip_channel.local.run import stop  # noqa: PLC0415

    stop()
    shutil.rmtree(settings().home, ignore_errors=True)
    console.print(f"Removed {settings().home}.")
