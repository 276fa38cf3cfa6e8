"""A small world for the fault runs: files of two dealers, and what intake made of them."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

HEADER = "仓库,料号,数量,日期,批次"
FEED = """
dealer_id: {dealer}
time_zone: Asia/Shanghai
currency: CNY
tax_basis: excl
uom: pcs
reports:
  stock:
    file_name: 'stock_(?P<period>\\d{{6}})(_v\\d+)?\\.csv'
    kind: delimited
    delimiter: ','
    period: month
    {total}
    columns:
      location_id: 仓库
      mpn: 料号
      qty: 数量
      as_of: 日期
      lot: 批次
      maker: {{const: ACME}}
      ownership: {{const: owned}}
      status: {{const: available}}
"""
INGEST = "from chip_channel.intake.landing import waiting;" \
         "from chip_channel.intake.service import ingest; ingest(waiting())"  # fmt: skip
NAME = r"regexp_replace(s.file_name, '_v\d+', '')"
"""Of two files with the same bytes either may come first when two workers run."""
PLUGINS = Path(__file__).parents[1] / "plugins"


def stock(month: str, lines: int, bad_every: int = 0, total: bool = True) -> bytes:
    """A stock report, with its total line; every n-th line has a date that does not exist."""
    day = f"{month[:4]}-{month[4:]}"
    body = []
    for i in range(lines):
        date = "31x" if bad_every and i % bad_every == 0 else "07"
        body.append(f"W{i % 5},P-{i},{i + 1},{day}-{date},L{i}")
    end = [f"合计,,{lines * (lines + 1) // 2},,"] if total else []
    return "\n".join([HEADER, *body, *end, ""]).encode()


def few_files() -> dict[str, bytes]:
    """One of each fate: good, partly quarantined, refused, of another dealer, duplicate, together."""
    return {
        "alpha/stock_202601.csv": stock("202601", 60),
        "alpha/stock_202602.csv": stock("202602", 40, bad_every=10),
        "alpha/stock_202603.csv": stock("202603", 20).replace("数量".encode(), b"qty"),
        "beta/stock_202601.csv": stock("202601", 60),
        "beta/stock_202601_v2.csv": stock("202601", 60),
        **_together(6),
    }


def _together(n: int) -> dict[str, bytes]:
    """Files that can be read as one."""
    return {
        f"gamma/stock_202601_v{i}.csv": stock("202601", 30 + i, 7 * (i == 1), total=False)
        for i in range(1, n + 1)
    }


def many_files(n: int) -> dict[str, bytes]:
    return _together(n // 2) | {
        f"{dealer}/stock_20{20 + i // 12:02d}{i % 12 + 1:02d}.csv": stock(
            f"20{20 + i // 12:02d}{i % 12 + 1:02d}", 150 + 10 * i, bad_every=7 * (i % 3)
        )
        for i in range(n // 2)
        for dealer in ("alpha", "beta")
    }


@dataclass
class State:
    """All that intake has to show, free of ids and moments."""

    lines: Counter[Any] = field(default_factory=Counter)
    issues: Counter[Any] = field(default_factory=Counter)
    ledger: Counter[Any] = field(default_factory=Counter)
    rejects: dict[str, str] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)


@dataclass
class Damage:
    """How one state differs from another."""

    lost: int
    doubled: int
    ledger: int
    """Ledger rows too many or too few."""
    rejects: int
    """Reject files that differ."""
    wedged: int
    """Files that still wait."""

    def total(self) -> int:
        return self.lost + self.doubled + self.ledger + self.rejects + self.wedged


def damage(wanted: State, got: State) -> Damage:
    """What was lost and doubled."""
    names = wanted.rejects.keys() | got.rejects.keys()
    return Damage(
        lost=(wanted.lines - got.lines).total() + (wanted.issues - got.issues).total(),
        doubled=(got.lines - wanted.lines).total() + (got.issues - wanted.issues).total(),
        ledger=(wanted.ledger - got.ledger).total() + (got.ledger - wanted.ledger).total(),
        rejects=sum(wanted.rejects.get(n) != got.rejects.get(n) for n in names),
        wedged=len(got.waiting),
    )


@dataclass
class LandingWorld:
    """A home with its database, to be filled, disturbed and looked at again and again."""

    home: Path
    url: str

    def environment(self, **more: str) -> dict[str, str]:
        given = {"HOME": str(self.home), "DATABASE_URL": self.url, "SETTLE_SECONDS": "0",
                 "FEEDS": str(self.home / "feeds"), "WORKERS": "1"}  # fmt: skip
        settings = {f"CHIP_CHANNEL_{name}": value for name, value in given.items()}
        return dict(os.environ) | settings | {"PYTHONPATH": str(PLUGINS)} | more

    def reset(self, files: dict[str, bytes]) -> None:
        """Nothing but these files, waiting."""
        for name in ("landing", "store", "rejects", "feeds"):
            shutil.rmtree(self.home / name, ignore_errors=True)
        for dealer in ("alpha", "beta", "gamma"):
            feed = self.home / "feeds" / dealer / "feed.yml"
            feed.parent.mkdir(parents=True)
            total = "" if dealer == "gamma" else "subtotal: [合计]\n    control_total: qty"
            feed.write_text(FEED.format(dealer=dealer, total=total))
        for i, (name, data) in enumerate(files.items()):
            path = self.home / "landing" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, (1_760_000_000 + i,) * 2)
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("truncate ctl.submission, raw.stock, quarantine.issue cascade")

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        """A worker in its own process."""
        return subprocess.Popen(
            [sys.executable, "-c", INGEST], env=self.environment(**environment),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def finish(self, tries: int = 4) -> None:
        """Undisturbed runs until nothing waits."""
        for _ in range(tries):
            self.start().wait(timeout=120)
            if not self.left():
                return

    def left(self) -> list[str]:
        landing = self.home / "landing"
        return sorted(str(p.relative_to(landing)) for p in landing.rglob("*") if p.is_file())

    def state(self) -> State:
        """What is in the database and in the folders now."""
        found = State(waiting=self.left())
        with psycopg.connect(self.url) as connection:
            found.lines.update(connection.execute(
                f"select s.dealer_id, {NAME}, (to_jsonb(r) - 'submission_id')::text "
                "from raw.stock r join ctl.submission s using (submission_id)"
            ).fetchall())  # fmt: skip
            found.issues.update(connection.execute(
                f"select s.dealer_id, {NAME}, i.row_no, i.severity, i.code, i.field, i.value, "
                "i.line_as_sent from quarantine.issue i join ctl.submission s using (submission_id)"
            ).fetchall())  # fmt: skip
            ledger = connection.execute(
                f"select submission_id, dealer_id, report, {NAME}, status, fatal_code, "
                "lines_read, lines_accepted, lines_quarantined, lines_skipped, skipped "
                "from ctl.submission s"
            ).fetchall()
            orphans = connection.execute(
                "select (select count(*) from raw.stock r where not exists (select 1 from "
                "ctl.submission s where s.submission_id = r.submission_id))"
            ).fetchone()
        found.lines[("lines without a ledger row",)] = orphans[0] if orphans else 0
        found.lines += Counter()
        for submission_id, *row, skipped in ledger:
            found.ledger[(*row, json.dumps(skipped, sort_keys=True))] += 1
            for path in (self.home / "rejects").glob(f"*/{submission_id}_*.csv"):
                found.rejects[f"{row[0]}/{row[2]}"] = _without_ids(path.read_text("utf-8-sig"))
        return found


def _without_ids(text: str) -> str:
    return re.sub(r"\(submission \d+\)|received on [\d-]+|_v\d+", "", text)
