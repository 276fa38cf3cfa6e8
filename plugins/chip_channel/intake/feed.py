"""Feeds: how one dealer's files become canonical reports, as `feeds/<dealer_id>/feed.yml` says."""

import hashlib
import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from chip_channel.contracts import contract, contracts
from chip_channel.contracts.model import LOADER
from chip_channel.intake.codes import Fatal
from chip_channel.settings import settings

DEALER_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")


class FeedError(ValueError):
    """A feed file is wrong; the message names the file, the line and what was expected."""


class Source(BaseModel):
    """Where one canonical column comes from."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    header: str | None = Field(None, alias="from")
    const: str | None = None
    row: bool = False
    period: Literal["start", "end"] | None = None
    map: dict[str, str] = {}
    match: dict[str, str] = {}
    default: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "Source":
        given = [self.header is not None, self.const is not None, self.row, bool(self.period)]
        if sum(given) != 1:
            raise ValueError("give exactly one of: a header (from), const, row, period")
        for pattern in self.match:
            _regular_expression(pattern)
        return self


def _regular_expression(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error


def _source(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


class ReportFeed(BaseModel):
    """One report of a dealer."""

    model_config = ConfigDict(extra="forbid")

    file_name: str
    kind: Literal["delimited", "excel"]
    encoding: str = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    sheet: str | None = None
    header_rows: int = Field(1, ge=1, le=3)
    decimal: Literal[".", ","] = "."
    dates: list[str] = []
    mode: Literal["full", "delta"] = "full"
    period: Literal["month", "week", "day", "none"]
    subtotal: list[Annotated[str, Field(min_length=1)]] = []
    control_total: str | None = None
    duplicates: Literal["key", "exact_line"] = "key"
    currency: str = ""
    tax_basis: Literal["incl", "excl", ""] = ""
    tax_rate: float | None = Field(None, ge=0, lt=1)
    uom: Literal["pcs", "reel", "kpcs", ""] = ""
    columns: dict[str, Annotated[Source, BeforeValidator(_source)]]

    _plan: Any = PrivateAttr(None)

    @property
    def plan(self) -> Any:
        """What `check` has made of this report once, for all its files."""
        return self._plan

    @plan.setter
    def plan(self, made: Any) -> None:
        self._plan = made

    @model_validator(mode="after")
    def _consistent(self) -> "ReportFeed":
        try:
            "".encode(self.encoding)
        except LookupError as error:
            raise ValueError(f"encoding {self.encoding!r}: no text encoding of Python") from error
        groups = _regular_expression(self.file_name).groupindex
        if self.period != "none" and "period" not in groups:
            raise ValueError("file_name needs a group (?P<period>…), or set period: none")
        if self.control_total and not self.subtotal:
            raise ValueError("control_total needs subtotal: the words that begin the total line")
        total = self.columns.get(self.control_total or "")
        if self.control_total and (total is None or total.header is None):
            raise ValueError(f"control_total: {self.control_total} is no column from a header")
        return self


@cache
def _time_zones() -> set[str]:
    """Found by reading hundreds of files, so only once."""
    return available_timezones()


class Feed(BaseModel):
    """One dealer."""

    model_config = ConfigDict(extra="forbid")

    dealer_id: str = Field(pattern=f"^{DEALER_ID.pattern}$")
    time_zone: str
    currency: str = Field(pattern="^[A-Z]{3}$")
    tax_basis: Literal["incl", "excl"]
    tax_rate: float | None = Field(None, ge=0, lt=1)
    uom: Literal["pcs", "reel", "kpcs"]
    reports: dict[str, ReportFeed]

    @model_validator(mode="after")
    def _complete(self) -> "Feed":
        if self.time_zone not in _time_zones():
            raise ValueError(f"time_zone: {self.time_zone!r} is not an IANA time zone")
        for name, report in self.reports.items():
            try:
                known = contract(name)
            except KeyError as error:
                raise ValueError(
                    f"reports.{name}: no such report; known: {', '.join(contracts())}"
                ) from error
            unknown = sorted(set(report.columns) - set(known.by_name))
            if unknown:
                raise ValueError(f"reports.{name}.columns.{unknown[0]}: not in its contract")
            missing = [c.name for c in known.columns if c.required and c.name not in report.columns]
            if missing:
                raise ValueError(f"reports.{name}.columns: missing {', '.join(missing)}")
            for field in ("currency", "tax_basis", "tax_rate", "uom"):
                if getattr(report, field) in ("", None):
                    setattr(report, field, getattr(self, field))
            if report.tax_basis == "incl" and report.tax_rate is None:
                raise ValueError(f"reports.{name}: tax_basis incl needs tax_rate")
        return self


def read_feed(path: Path) -> Feed:
    """Read a feed file.

    Raises FeedError with the file, the line and what was expected.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FeedError(f"{path}:1: not text in UTF-8: {error}") from error
    try:
        node = yaml.compose(text, Loader=LOADER)
        _no_key_twice(path, node)
        feed = Feed.model_validate(yaml.load(text, Loader=LOADER))  # noqa: S506 - it is the safe one
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise FeedError(f"{path}:{line}: not valid YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        told = re.match(r"Value error, ([\w.]+):", first["msg"])
        at = first["loc"] or (tuple(told[1].split(".")) if told else ())
        where = ".".join(str(part) for part in first["loc"])
        line = _line_of(node, at)
        raise FeedError(
            f"{path}:{line}: {where or 'feed'}: {first['msg']} (got {str(first['input'])[:80]!r})"
        ) from error
    if feed.dealer_id != path.parent.name:
        raise FeedError(f"{path}:1: dealer_id must be the folder's name, {path.parent.name!r}")
    return feed


def _no_key_twice(path: Path, node: Any) -> None:
    """YAML lets the last of two equal keys win; here that would drop a column in silence."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        if key.value in seen:
            raise FeedError(f"{path}:{key.start_mark.line + 1}: {key.value} is given twice")
        seen.add(key.value)
        _no_key_twice(path, value)


def _line_of(node: Any, path: tuple[Any, ...]) -> int:
    line = node.start_mark.line if node else 0
    for part in path:
        if not isinstance(node, yaml.MappingNode):
            break
        for key, value in node.value:
            if key.value == part:
                line, node = key.start_mark.line, value
                break
    return int(line) + 1


@cache
def feed_of(dealer_id: str) -> Feed | None:
    """The feed of a dealer; None when there is none. Another dealer's mistake does not matter."""
    path = settings().feeds / dealer_id / "feed.yml"
    return read_feed(path) if DEALER_ID.fullmatch(dealer_id) and path.exists() else None


def dealers() -> list[str]:
    """Dealers that have a feed."""
    return sorted(path.parent.name for path in feed_files())


def feeds() -> dict[str, Feed]:
    """All feeds by dealer."""
    found = ((dealer_id, feed_of(dealer_id)) for dealer_id in dealers())
    return {dealer_id: feed for dealer_id, feed in found if feed is not None}


def feed_version(path: Path) -> str:
    """A short fingerprint of a feed file; a replay is worth it when this has changed."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@dataclass(frozen=True)
class Recognised:
    """A file name, read by the feed of its dealer."""

    feed: Feed
    report: str
    mode: str
    period_start: date | None
    period_end: date | None

    @property
    def shape(self) -> ReportFeed:
        return self.feed.reports[self.report]

    def alike(self, other: "Recognised") -> bool:
        """Whether all is asked of both in the same way."""
        mine, theirs = ((r.feed.dealer_id, r.report, r.mode, r.period_start, r.period_end)
                        for r in (self, other))  # fmt: skip
        return mine == theirs


def recognise(dealer_id: str, file_name: str, today: date) -> Recognised:
    """Find the report that a file name belongs to.

    Raises Fatal with F_DEALER when no feed knows it, F_PERIOD when its period cannot be.
    """
    feed = feed_of(dealer_id)
    if feed is None:
        known = ", ".join(dealers())
        raise Fatal("F_DEALER", f"no feed for {dealer_id[:60]!r}; feeds exist for: {known}")
    for report, shape in feed.reports.items():
        match = re.fullmatch(shape.file_name, file_name, re.IGNORECASE)
        if match:
            groups = match.groupdict()
            start, end = _period(shape.period, groups.get("period"))
            local_today = today + timedelta(days=1)  # the dealer's day may be ahead of UTC
            if start and start > local_today:
                raise Fatal("F_PERIOD", f"the period starts {start}, after today ({today})")
            mode = (groups.get("mode") or shape.mode).lower()
            if mode not in ("full", "delta"):
                raise Fatal("F_DEALER", f"{mode[:60]!r} in the file name is neither full nor delta")
            return Recognised(feed, report, mode, start, end)
    patterns = "; ".join(shape.file_name for shape in feed.reports.values())
    raise Fatal("F_DEALER", f"{file_name[:120]!r} fits none of the agreed names: {patterns}")


def _period(unit: str, text: str | None) -> tuple[date | None, date | None]:
    if unit == "none":
        return None, None
    digits = re.sub(r"\D", "", text or "")
    try:
        if unit == "month" and len(digits) == 6:
            year, month = int(digits[:4]), int(digits[4:])
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        if unit == "week" and len(digits) == 6:
            monday = date.fromisocalendar(int(digits[:4]), int(digits[4:]), 1)
            return monday, monday + timedelta(days=6)
        if unit == "day" and len(digits) == 8:
            day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
            return day, day
    except (ValueError, IndexError) as error:
        raise Fatal("F_PERIOD", f"{text!r} is no {unit} of the calendar: {error}") from error
    expected = {"month": "202603", "week": "202610 (ISO week)", "day": "20260305"}[unit]
    raise Fatal("F_PERIOD", f"{text!r} is no {unit}; expected it to read like {expected}")


def feed_files(folder: Path | None = None) -> Iterator[Path]:
    """The feed files, sorted."""
    yield from sorted((folder or settings().feeds).glob("*/feed.yml"))
