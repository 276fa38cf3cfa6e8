"""Intake with a real database, seen from outside: files go in, ledger and lines come out."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from chip_channel.intake.landing import waiting
from chip_channel.intake.service import Outcome, ingest
from chip_channel.warehouse import connect
from psycopg.rows import dict_row

from support.dealer import write_feed


@dataclass
class Channel:
    """One home and its warehouse."""

    home: Path

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    def connect(self) -> psycopg.Connection[Any]:
        return connect(row_factory=dict_row)

    def feed(self, dealer_id: str = "alpha", **changes: Any) -> Path:
        return write_feed(self.home / "feeds", dealer_id, **changes)

    def put(self, data: bytes, name: str = "stock_202603.csv", dealer_id: str = "alpha") -> Path:
        """A file into the landing folder."""
        path = self.landing / dealer_id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def take(self) -> list[Outcome]:
        """One run over all that waits."""
        return ingest(waiting())

    def take_one(self, data: bytes, name: str = "stock_202603.csv", dealer_id: str = "alpha"
                 ) -> Outcome:  # fmt: skip
        self.put(data, name, dealer_id)
        (outcome,) = self.take()
        return outcome

    def query(self, text: str, *values: Any) -> list[dict[str, Any]]:
        with self.connect() as connection:
            return connection.execute(text, values).fetchall()

    def ledger(self) -> list[dict[str, Any]]:
        return self.query("select * from ctl.submission order by submission_id")

    def lines(self, report: str = "stock") -> list[dict[str, Any]]:
        return self.query(f"select * from raw.{report} order by submission_id, row_no")

    def issues(self) -> list[dict[str, Any]]:
        return self.query("select * from quarantine.issue order by submission_id, row_no, code")

    def left(self) -> list[str]:
        return sorted(str(p.relative_to(self.landing)) for p in self.landing.rglob("*")
                      if not p.is_dir())  # fmt: skip

    def stored(self) -> dict[str, bytes]:
        """What the content store holds; every name is the hash of its bytes."""
        found = {p.name: p.read_bytes() for p in (self.home / "store").rglob("*") if p.is_file()}
        for name, data in found.items():
            assert name == hashlib.sha256(data).hexdigest(), f"{name} is not what it says"
        return found


def reject_rows(outcome: Outcome) -> list[dict[str, str]]:
    """A reject file, read as a spreadsheet would."""
    assert outcome.reject_file
    with Path(outcome.reject_file).open(encoding="utf-8-sig", newline="") as source:
        return [{k.split(" ")[0]: v for k, v in row.items()} for row in csv.DictReader(source)]
