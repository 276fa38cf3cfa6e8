"""What a section is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chip_channel.report.reading import Reader
from chip_channel.report.words import Text


@dataclass(frozen=True)
class Section:
    """One part of the page: `templates/sections/<name>.html`, filled with what `build` returns."""

    name: str
    """Also its anchor on the page."""
    title: Text
    build: Callable[[Reader], dict[str, Any]]
    """Variables of the template; `charts` maps a name to a specification."""
