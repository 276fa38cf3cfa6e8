"""The most urgent findings."""

from typing import Any

from chip_channel.report.findings import KINDS, find
from chip_channel.report.reading import Reader
from chip_channel.report.sections.section import Section
from chip_channel.report.words import Text


def _build(db: Reader) -> dict[str, Any]:
    return {"findings": find(db), "kinds": KINDS}


SECTION = Section("urgent", Text("Most urgent", "最紧急事项"), _build)
