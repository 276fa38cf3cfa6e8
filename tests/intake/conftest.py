import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.channel import Channel
from support.dealer import environment


@pytest.fixture
def channel(home: Path) -> Iterator[Channel]:
    """An empty landing folder, content store and ledger; one dealer, alpha."""
    for folder in home.iterdir():
        shutil.rmtree(folder)
    with environment(feeds=str(home / "feeds"), workers="1"):
        made = Channel(home)
        made.feed()
        with made.connect() as connection:
            connection.execute("truncate ctl.submission, raw.stock, quarantine.issue cascade")
        yield made
