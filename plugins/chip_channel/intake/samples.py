"""A file read without a database: the preview of a feed, and the check of its samples."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from chip_channel.contracts import contract
from chip_channel.intake.check import ISSUE_COLUMNS, Checker
from chip_channel.intake.codes import Fatal
from chip_channel.intake.feed import feeds, recognise
from chip_channel.intake.load import Counts, blocks, check_total

_SCHEMA = {c: pl.Int64 if c == "row_no" else pl.String for c in ISSUE_COLUMNS}


@dataclass
class Preview:
    """What would become of a file; nothing is written."""

    path: Path
    report: str = "unknown"
    counts: Counts = field(default_factory=Counts)
    good: pl.DataFrame = field(default_factory=pl.DataFrame)
    """Accepted lines, values as text."""
    issues: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_SCHEMA))
    fatal: Fatal | None = None


def preview(dealer_id: str, path: Path) -> Preview:
    """Read a whole file as intake would."""
    done = Preview(path)
    try:
        recognised = recognise(dealer_id, path.name, datetime.now(UTC).date())
        done.report = recognised.report
        checker = Checker(recognised, contract(recognised.report))
        good, issues = [], []
        for block in blocks(recognised, path):
            checked = checker.check(block)
            done.counts.add(checked)
            good.append(checked.good)
            issues += checked.issues
        check_total(checker)
    except Fatal as fatal:
        done.fatal = fatal
        return done
    done.good = pl.concat([g for g in good if g.height]) if any(g.height for g in good) else good[0]
    if issues:
        done.issues = pl.concat(issues).sort("row_no", "code", "field")
    return done


def check_samples(folder: Path) -> list[str]:
    """Differences between what samples of one dealer give and what they must give; none is good.

    Beside `samples/<file>` lie `<file>.expected.csv` (row_no and canonical columns of the accepted
    lines) and `<file>.issues.csv` (row_no, code, field).
    """
    wrong: list[str] = []
    samples = [p for p in sorted((folder / "samples").glob("*"))
               if not p.name.endswith((".expected.csv", ".issues.csv"))]  # fmt: skip
    if not samples:
        return [f"{folder.name}: no samples; put one file per report into {folder}/samples"]
    seen = set()
    for sample in samples:
        done = preview(folder.name, sample)
        seen.add(done.report)
        label = f"{folder.name}/{sample.name}"
        if done.fatal:
            wrong.append(f"{label}: {done.fatal}")
            continue
        wrong += [f"{label}: {text}" for text in _differences(sample, done)]
    missing = set(feeds()[folder.name].reports) - seen
    return wrong + [f"{folder.name}: no sample of {report}" for report in sorted(missing)]


def _differences(sample: Path, done: Preview) -> list[str]:
    expected = _read(sample.with_name(sample.name + ".expected.csv"))
    got = {r: dict(row) for r, row in _plain(done.good).items()}
    wrong = []
    for row_no, row in expected.items():
        for name, value in row.items():
            if row_no not in got:
                wrong.append(f"line {row_no} must be accepted, and is not")
                break
            if got[row_no].get(name) != value:
                wrong.append(
                    f"line {row_no}: {name} must be {value!r}, is {got[row_no].get(name)!r}"
                )
    wrong += [f"line {r} must not be accepted" for r in got if r not in expected]
    must = pl.read_csv(sample.with_name(sample.name + ".issues.csv"), infer_schema=False)
    wanted = {(int(r["row_no"]), r["code"], r["field"]) for r in must.iter_rows(named=True)}
    errors = done.issues.filter(pl.col("severity") == "error")
    found = {(r["row_no"], r["code"], r["field"]) for r in errors.iter_rows(named=True)}
    for what, rows in (("missing", wanted - found), ("not expected", found - wanted)):
        wrong += [f"issue {what}: line {r}, {code} {name or ''}" for r, code, name in sorted(
            rows, key=str)]  # fmt: skip
    return wrong


def _read(path: Path) -> dict[int, dict[str, str | None]]:
    frame = pl.read_csv(path, infer_schema=False)
    return {int(row.pop("row_no")): row for row in frame.iter_rows(named=True)}


def _plain(good: pl.DataFrame) -> dict[int, dict[str, str | None]]:
    """Lines by number; numbers without trailing zeros, dates in ISO form."""
    if not good.height:
        return {}
    number = r"^-?\d+\.\d+$"
    text = good.drop("line_hash").with_columns(pl.exclude("row_no").cast(pl.String))
    cell = pl.col(pl.String)
    text = text.with_columns(
        pl.when(cell.str.contains(number))
        .then(cell.str.strip_chars_end("0").str.strip_suffix("."))
        .otherwise(cell)
        .name.keep()
    )
    return {int(row.pop("row_no")): row for row in text.iter_rows(named=True)}
