"""The sections of the report, in reading order.

A new section is one module here with a `SECTION`, one template of the same name in
`templates/sections/`, and one line in the list.
"""

from chip_channel.report.sections import (
    channel,
    gates,
    inventory,
    overview,
    planning,
    rebates,
    reports,
    rollforward,
    urgent,
)
from chip_channel.report.sections.section import Section

SECTIONS: tuple[Section, ...] = (
    overview.SECTION,
    urgent.SECTION,
    reports.SECTION,
    inventory.SECTION,
    rollforward.SECTION,
    planning.SECTION,
    rebates.SECTION,
    channel.SECTION,
    gates.SECTION,
)

__all__ = ["SECTIONS", "Section"]
