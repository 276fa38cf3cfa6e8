"""Write a world: the dealers' files as they arrive, and the truth beside them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from chip_channel.world import dirt, diversion, lines, truth
from chip_channel.world.channel import TOLD_AGAIN, Channel, channel
from chip_channel.world.compose import donors_of, sheet_of
from chip_channel.world.flows import Flows
from chip_channel.world.instants import Document
from chip_channel.world.render import render
from chip_channel.world.shape import DealerShape
from chip_channel.world.shapes import SHAPES
from chip_channel.world.shapes_channel import VENDOR_SHAPE, VENDOR_SPEC
from chip_channel.world.sheet import Sheet
from chip_channel.world.simulate import simulate
from chip_channel.world.spec import VENDOR, DealerSpec, WorldSpec

FATAL = {
    "control_total": "F_CONTROL_TOTAL",
    "truncated": "F_UNREADABLE",
    "period": "F_PERIOD",
    "header": "F_HEADER",
}

ALWAYS = ("pos", "stock")  # sent even when there is nothing to tell
CLEAN = ("product", "dealer", "price", "market_index", "sell_in")  # without planted errors


@dataclass
class FileRecord:
    """One file that arrives. A fatal file has no lines accepted, quarantined or skipped."""

    path: str  # below `files/`
    dealer_id: str
    report: str
    period_start: date | None  # none for master data and the vendor's deltas
    period_end: date | None
    mode: str
    received_at: datetime  # UTC
    lines: int
    accepted: int = 0
    quarantined: int = 0
    skipped: int = 0
    fatal_code: str | None = None
    duplicate_of: str | None = None
    superseded: int = 0  # accepted lines that a later file replaces


@dataclass
class WorldFiles:
    """What was written, and the frames of the truth by name."""

    directory: Path
    records: list[FileRecord] = field(default_factory=list)
    planted: list[dict[str, object]] = field(default_factory=list)
    truth: dict[str, pl.DataFrame] = field(default_factory=dict)

    def add(self, record: FileRecord, data: bytes, planted: list[tuple[int, str, str]]) -> None:
        """Write one file with its moment of arrival, and book it."""
        path = self.directory / "files" / record.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        stamp = record.received_at.replace(tzinfo=UTC).timestamp()
        os.utime(path, (stamp, stamp))
        self.records.append(record)
        if record.fatal_code is None:
            self.planted += [
                {"path": record.path, "row_no": row, "code": code, "field": name}
                for row, code, name in planted
            ]


def write_world(
    spec: WorldSpec, directory: Path, progress: Callable[[str], None] | None = None
) -> WorldFiles:
    """Simulate `spec` and write `<directory>/files` and `<directory>/truth`."""
    tell = progress or (lambda _: None)
    flows = simulate(spec)
    tell("simulated")
    world = WorldFiles(Path(directory))
    reports = channel(flows, lines.choose_spas(flows))
    told: dict[str, list[pl.DataFrame]] = {}
    for dealer, frames in zip(spec.dealers, reports.dealers, strict=True):
        for report, frame in frames.items():
            done = _DealerReport(flows, dealer, report, frame, world).write()
            done = done.with_columns(dealer_id=pl.lit(dealer.dealer_id))
            told.setdefault(report, []).append(done)
        tell(dealer.dealer_id)
    final = {name: _with_period(spec, pl.concat(parts)) for name, parts in told.items()}
    final |= _write_vendor(flows, reports, world)
    final |= reports.truth
    final["diversion"] = diversion.table(flows, reports.cases, told["pos"], reports.sell_in)
    final["inventory_month"] = truth.inventory_month(flows)
    final["lost_sales"] = truth.lost_sales(flows)
    world.records.sort(key=lambda r: (r.received_at, r.path))
    final["files"] = pl.DataFrame([asdict(r) for r in world.records], infer_schema_length=None)
    final["planted"] = pl.DataFrame(
        world.planted,
        schema={"path": pl.String, "row_no": pl.Int64, "code": pl.String, "field": pl.String},
    ).sort("path", "row_no")
    world.truth = final
    truth.save(world.directory / "truth", final)
    tell(f"{len(world.records)} files")
    return world


def _with_period(spec: WorldSpec, frame: pl.DataFrame) -> pl.DataFrame:
    starts = pl.Series([spec.month_start(m) for m in range(spec.months)])
    return truth.exact(frame.with_columns(period=starts.gather(frame["month"])).drop("month"))


class _DealerReport:
    """All files of one report of one dealer."""

    def __init__(
        self, flows: Flows, dealer: DealerSpec, report: str, frame: pl.DataFrame, world: WorldFiles
    ) -> None:
        self.flows, self.dealer, self.report, self.world = flows, dealer, report, world
        self.frame = frame.sort("month", maintain_order=True)
        self.spec = flows.spec
        self.shape: DealerShape = SHAPES[dealer.dealer_id]
        self.columns = self.shape.reports[report]
        self.cells = self._render(self.frame)
        self.row_no = np.zeros(len(frame), dtype=np.int64)

    def write(self) -> pl.DataFrame:
        """Write every month; the final canonical lines come back."""
        month = self.frame["month"].to_numpy()
        for m in range(self.spec.months):
            low, high = np.searchsorted(month, [m, m + 1])
            if low == high and self.report not in ALWAYS:
                continue
            self._month(m, slice(int(low), int(high)))
        frame = self.frame
        if self.columns.row_numbers:
            frame = frame.with_columns(line_no=pl.Series(self.row_no).cast(pl.String))
        # What the dealer does not report is not in the truth: it is what the files can tell.
        gone = [c for c in frame.columns if c not in self.columns.reported | {"month", "part"}]
        return frame.with_columns(pl.lit(None, dtype=frame.schema[c]).alias(c) for c in gone)

    def _render(self, frame: pl.DataFrame) -> pl.DataFrame:
        return render(
            frame, list(self.columns.columns), self.dealer, self.flows.catalogue,
            style=self.shape.style, words=self.columns.words,
        )  # fmt: skip

    def _sheet(
        self, frame: pl.DataFrame, cells: pl.DataFrame, month: int, version: int, **wrong: int
    ) -> Sheet:
        rng = self.spec.rng("dirt", self.dealer.dealer_id, self.report, month, version)
        style = self.shape.style
        errors = dirt.draw(
            self.report, self.columns, style, lines=len(frame), rate=self.spec.error_rate, rng=rng
        )
        return sheet_of(
            self.flows, self.dealer, self.shape, self.report, frame, cells=cells, errors=errors,
            first_day=self.spec.month_start(month), rng=rng, **wrong,
        )  # fmt: skip

    def _month(self, month: int, rows: slice) -> None:
        frame, cells = self.frame[rows], self.cells[rows]
        event = self.spec.event(self.dealer.dealer_id, self.report, month)
        rng = self.spec.rng("arrival", self.dealer.dealer_id, self.report, month)
        due = datetime.combine(self.spec.month_start(month + 1), datetime.min.time())
        first = due + timedelta(days=int(rng.integers(1, 5)), minutes=int(rng.integers(60, 600)))
        later = first + timedelta(days=int(rng.integers(1, 4)), minutes=int(rng.integers(1, 200)))
        long_after = first + timedelta(days=int(rng.integers(11, 20)))
        period = f"{self.spec.month_start(month):%Y%m}"

        if event in {"restated", "delta"}:
            wrong, touched = self._mistaken(frame, rng)
        if event == "restated":
            cut = wrong.filter(pl.Series(rng.random(len(wrong)) > 0.03))
            draft = self._sheet(cut, self._render(cut), month, 1)
            self._put(month, self._name(period), draft, first, superseded=len(cut))
        elif event == "delta":
            draft = self._sheet(wrong, self._render(wrong), month, 1)
            self._put(month, self._name(period), draft, first, superseded=len(touched))
            sheet = self._sheet(frame[touched], cells[touched], month, 2)
            self._put(month, self._name(period, "_delta"), sheet, long_after, mode="delta")
            return
        elif event in FATAL:
            faults = {"wrong_total": 100} if event == "control_total" else {}
            if event == "header":
                faults = {"drop_header": 1}
            draft = self._sheet(frame, cells, month, 1, **faults)
            name = self._name(f"{period[:4]}13") if event == "period" else self._name(period)
            self._put(month, name, draft, first, fatal=event)

        sheet = self._sheet(frame, cells, month, 0)
        self.row_no[rows] = sheet.row_no
        when = later if event in FATAL else first
        when = long_after if event in {"restated", "late"} else when
        suffix = "_v2" if event == "restated" or (event in FATAL and event != "period") else ""
        path = self._put(month, self._name(period, suffix), sheet, when)
        if event == "duplicate":
            self._put(month, self._name(period, "_v2"), sheet, later, duplicate_of=path)

    def _name(self, period: str, suffix: str = "") -> str:
        return self.columns.file_name(period, suffix)

    def _mistaken(
        self, frame: pl.DataFrame, rng: np.random.Generator
    ) -> tuple[pl.DataFrame, np.ndarray]:
        """The lines with some quantities doubled by mistake, and which ones."""
        plain = np.flatnonzero(donors_of(self.report, frame))
        touched = np.sort(rng.choice(plain, min(len(plain), 6), replace=False))
        factor = np.ones(len(frame), dtype=np.int64)
        factor[touched] = 2
        return frame.with_columns(pl.col("qty") * pl.Series(factor)), touched

    def _put(
        self,
        month: int,
        name: str,
        sheet: Sheet,
        when: datetime,
        *,
        superseded: int = 0,
        mode: str = "",
        fatal: str = "",
        duplicate_of: str | None = None,
    ) -> str:
        data = sheet.data[: len(sheet.data) * 6 // 10] if fatal == "truncated" else sheet.data
        record = FileRecord(
            path=f"{when:%Y-%m}/{self.dealer.dealer_id}/{name}",
            dealer_id=self.dealer.dealer_id,
            report=self.report,
            period_start=None if fatal == "period" else self.spec.month_start(month),
            period_end=None if fatal == "period" else self.spec.month_end(month),
            mode=mode or self.columns.mode,
            received_at=when,
            lines=0 if fatal == "truncated" else sheet.records,
            fatal_code="F_DUP_FILE" if duplicate_of else FATAL.get(fatal),
            duplicate_of=duplicate_of,
        )
        if record.fatal_code is None:
            count_lines(record, sheet)
            # What the intake accepts and a later file replaces, planted unknown parts included.
            whole = superseded == len(sheet.row_no)
            record.superseded = record.accepted if whole and superseded else superseded
        self.world.add(record, data, sheet.planted)
        return record.path


def count_lines(record: FileRecord, sheet: Sheet) -> None:
    """Every record of the file is accepted, quarantined or skipped."""
    rejected = sum(code not in dirt.ACCEPTED for _, code, _ in sheet.planted)
    record.skipped, record.quarantined = sheet.skipped, rejected
    record.accepted = sheet.records - sheet.skipped - rejected


def _write_vendor(flows: Flows, reports: Channel, world: WorldFiles) -> dict[str, pl.DataFrame]:
    """The maker's own files, its master data clean; returns the final state of each report."""
    spec, catalogue = flows.spec, flows.catalogue
    documents = reports.vendor
    for report, issued in documents.items():
        columns = VENDOR_SHAPE.reports[report]
        for k, (stem, when, frame) in enumerate(issued):
            cells = render(frame, list(columns.columns), VENDOR_SPEC, catalogue)
            rng = spec.rng("dirt", VENDOR, report, k)
            rate = 0 if report in CLEAN else spec.error_rate
            errors = dirt.draw(
                report, columns, VENDOR_SHAPE.style, lines=len(frame), rate=rate, rng=rng
            )
            sheet = sheet_of(
                flows, VENDOR_SPEC, VENDOR_SHAPE, report, frame, cells=cells, errors=errors,
                first_day=spec.first_day, rng=rng,
            )  # fmt: skip
            record = FileRecord(
                path=f"{when:%Y-%m}/{VENDOR}/{stem}.csv",
                dealer_id=VENDOR,
                report=report,
                period_start=None,
                period_end=None,
                mode=columns.mode,
                received_at=when,
                lines=0,
            )
            record.lines = sheet.records
            count_lines(record, sheet)
            if columns.mode == "full" and k + 1 < len(issued):
                record.superseded = record.accepted
            world.add(record, sheet.data, sheet.planted)
    last = {}
    for report, issued in documents.items():
        every = pl.concat([f for _, _, f in issued], how="vertical_relaxed")
        key = TOLD_AGAIN.get(report)
        last[report] = every.unique(key, keep="last", maintain_order=True) if key else every
        if key:
            _mark_superseded(world, report, issued, key)
    # The history of the master: every issue, with the day it came.
    last["product"] = pl.concat(
        [f.with_columns(received_at=pl.lit(when)) for _, when, f in documents["product"]]
    )
    last["dealer"] = documents["dealer"][-1][2]
    return {name: truth.exact(frame) for name, frame in last.items()}


def _mark_superseded(
    world: WorldFiles, report: str, issued: list[Document], key: list[str]
) -> None:
    """Count the lines that come again, such as a shipment in transit when it was received."""
    by_stem = {Path(r.path).stem: r for r in world.records if r.report == report}
    for k, (stem, _, frame) in enumerate(issued[:-1]):
        later = pl.concat([f.select(key) for _, _, f in issued[k + 1 :]])
        by_stem[stem].superseded = len(frame.join(later, on=key, how="semi"))
