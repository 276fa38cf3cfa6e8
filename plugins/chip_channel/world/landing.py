"""The world's files into the landing folder, as if dealers had just sent them."""

import shutil
from pathlib import Path

from chip_channel.settings import settings


def land_month(world: Path, month: str) -> int:
    """Copy a month's files, with their moments of arrival; how many."""
    landing = Path(settings().landing_url)
    count = 0
    for source in sorted((world / "files").glob(f"{'*' if month == 'all' else month}/*/*")):
        target = landing / source.parent.name / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{source.name}.part")
        shutil.copy2(source, partial)
        partial.rename(target)
        count += 1
    return count
