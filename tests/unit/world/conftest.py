from pathlib import Path

import pytest
from chip_channel.world import WorldFiles, WorldSpec, write_world


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> WorldFiles:
    """Three dealers, three months."""
    return write_world(WorldSpec.small(), tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> WorldFiles:
    """All dealers, three months, many errors."""
    spec = WorldSpec(months=3, parts=120, parts_per_dealer=24, error_rate=0.03)
    return write_world(spec, tmp_path_factory.mktemp("wide"))


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> WorldFiles:
    """The world as people run it."""
    return write_world(WorldSpec(), tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return Path(__file__).parents[3]
