"""A published small world with hostile names in it, its pages, and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from chip_channel.intake.landing import waiting
from chip_channel.intake.service import ingest
from chip_channel.report.page import write_report
from chip_channel.warehouse import connect
from chip_channel.world import WorldFiles
from support.page import Page

from tests.conftest import SmallWorld

SCRIPT = "</script><script>window.hacked = 1</script>"
IMAGE = "<img src=x onerror='window.hacked = 1'>"
"""Also the name of a file, so without a slash."""


@dataclass
class Published:
    """The world, its home, and the pages as they were before anything had arrived."""

    home: Path
    made: WorldFiles
    before: Page

    @property
    def index(self) -> Page:
        """The report as it stands."""
        return Page.read(self.home / "report" / "index.html")

    @property
    def quality(self) -> Page:
        """The quality page as it stands."""
        return Page.read(self.home / "report" / "quality.html")


def change(statement: str, *parameters: Any) -> None:
    """Change published rows past the gates, as nobody but a test does."""
    with connect() as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(statement, parameters)


@pytest.fixture(scope="module")
def published(home: Path, small: SmallWorld, published: WorldFiles) -> Published:
    """Three dealers, three months, with names and a file that would like to be run."""
    (home / "landing" / "shenda" / f"{IMAGE}.csv").write_text(f"{SCRIPT},{IMAGE}\n1,2\n")
    ingest(waiting())
    change("update marts.dim_dealer set dealer_name = %s where dealer_id = 'shenda'", SCRIPT)
    change("update marts.dim_product set family = %s where family = 'MCU'", SCRIPT)
    change("update marts.dim_product set mpn = mpn || %s", IMAGE)
    write_report()
    return Published(home, published, small.before)


@dataclass
class Seen:
    """A page in the browser, with all that it asked for and complained about."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: Path) -> None:
        """Open a file and wait until its charts are drawn."""
        self.page.goto(path.as_uri())
        if path.name == "index.html":
            self.drawn()

    def drawn(self) -> None:
        """Wait for the charts."""
        self.page.wait_for_function("document.body.dataset.charts === 'drawn'")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, as people have it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
    if not found:
        pytest.skip("no Chromium on this machine: the pages are only read, not opened")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


@pytest.fixture
def seen(browser: Any) -> Iterator[Seen]:
    """A fresh page of an English reader; whatever it asks for beyond files is refused."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    watched = Seen(context.new_page())

    def answer(route: Any) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            route.abort()

    context.route("**/*", answer)
    watched.page.on("request", lambda r: watched.requests.append(r.url))
    watched.page.on("console", lambda m: watched.complaints.append(f"{m.type}: {m.text}"))
    watched.page.on("pageerror", lambda e: watched.complaints.append(str(e)))
    yield watched
    context.close()
