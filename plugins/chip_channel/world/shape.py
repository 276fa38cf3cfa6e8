"""What there is to say about the form of a dealer's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chip_channel.world.render import Style
from chip_channel.world.spec import MAKER


def headers(text: str) -> dict[str, str]:
    """``canonical=header`` words separated by blanks; ``~`` stands for a blank in a header."""
    pairs = (word.split("=", 1) for word in text.split())
    return {name: header.replace("~", " ") for name, header in pairs}


@dataclass(frozen=True)
class ReportShape:
    """One report of one dealer."""

    stem: str  # file name with {period} and {suffix}
    columns: Mapping[str, str]  # canonical -> header, in the order of the file
    const: Mapping[str, str] = field(default_factory=lambda: {"maker": MAKER})
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    title: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)  # header -> header of the row above
    extra: tuple[str, ...] = ()  # headers that nobody maps, at the end, filled with a dash
    subtotal: str = ""
    control: str = ""  # canonical column whose sum the subtotal holds
    type_prefixes: Mapping[str, str] = field(default_factory=dict)  # of invoice_no -> type
    row_numbers: bool = False  # line_no is the number of the line in the file
    mode: str = "full"
    period: str = "month"
    deltas: bool = False
    dashed_period: bool = False
    sheet: str = ""
    tax_basis: str = ""  # where it is another than that of the dealer's other reports

    def file_name(self, period: str, suffix: str = "") -> str:
        """Name for a period such as 202603."""
        text = f"{period[:4]}-{period[4:]}" if self.dashed_period else period
        return self.stem.format(period=text, suffix=suffix)

    @property
    def reported(self) -> set[str]:
        """Canonical columns that the report brings, constants and derived ones included."""
        found = set(self.columns) | set(self.const)
        found |= {"type"} if self.type_prefixes else set()
        return found | ({"line_no"} if self.row_numbers else set())

    def pattern(self) -> str:
        """Regular expression for all names that `file_name` gives."""
        period = r"(?P<period>\d{4}-\d{2})" if self.dashed_period else r"(?P<period>\d{6})"
        suffix = r"(_v\d+)?" + (r"(_(?P<mode>delta))?" if self.deltas else "")
        stem = self.stem.replace(".", r"\.")
        if self.period == "none":
            period, suffix = r"[\w-]+", r"(_v\d+)?"
        return stem.format(period=period, suffix=suffix)


@dataclass(frozen=True)
class DealerShape:
    """The style of a dealer's system and its reports."""

    style: Style
    reports: Mapping[str, ReportShape]
