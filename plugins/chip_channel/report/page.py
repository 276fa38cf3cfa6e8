"""The report page."""

from pathlib import Path

from chip_channel.settings import settings


def write_report() -> Path:
    """Write the pages; the path of the first."""
    folder = settings().report
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    path.write_text("<!doctype html><title>Chip Channel</title>")
    return path
