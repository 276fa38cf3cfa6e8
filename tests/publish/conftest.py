"""A published small world."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chip_channel.settings import settings
from chip_channel.world import WorldFiles
from support.pipeline import deploy, publish_what_waits, small_world


@pytest.fixture(scope="module")
def published(home: Path) -> Iterator[WorldFiles]:
    """Three dealers, three months, from files to publication."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHIP_CHANNEL_RECEIVED_AT", "mtime")
        settings.cache_clear()
        deploy()
        made = small_world(home / "world")
        publish_what_waits()
        yield made
