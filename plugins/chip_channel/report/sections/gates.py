"""What the gates checked last, and what failed."""

from typing import Any

from chip_channel.report.queries import gates
from chip_channel.report.reading import Reader
from chip_channel.report.sections.section import Section
from chip_channel.report.words import GATES, Text


def _build(db: Reader) -> dict[str, Any]:
    runs = gates.newest_runs(db)
    return {
        "gates": [
            (gate, words, [r for r in runs if r["gate"] == gate]) for gate, words in GATES.items()
        ],
        "failed": gates.failed_checks(db),
    }


SECTION = Section("gates", Text("Quality gates", "质量门禁"), _build)
