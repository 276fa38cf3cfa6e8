"""Neither the process's zone nor the database's moves a day or a period."""

import subprocess
import sys

import pytest
from support.dealer import HEADER

from benchmarks.landing_world import INGEST

ZONES = ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Asia/Shanghai"]
DAYS = [
    "2026-03-01",
    "2026-03-08",
    "2026-03-29",
    "2026-03-31",
    "46082",
    "46112.99",
    "2026/3/31 23:59",
]
# 46082 is 1 March and 46112 is 31 March 2026, counted from 1899-12-30
WANTED = [
    "2026-03-01",
    "2026-03-08",
    "2026-03-29",
    "2026-03-31",
    "2026-03-01",
    "2026-03-31",
    "2026-03-31",
]


@pytest.mark.parametrize(("zone", "server"), list(zip(ZONES, ZONES[::-1], strict=True)))
def test_days_and_periods_stay(channel, zone, server, monkeypatch):
    database = channel.query("select current_database() as name")[0]["name"]
    with channel.connect() as connection:
        connection.execute(f"alter database \"{database}\" set timezone = '{server}'")
    lines = [f"W,P{i},1,{day},1,L" for i, day in enumerate(DAYS)]
    channel.put("\n".join([HEADER, *lines]).encode())
    monkeypatch.setenv("TZ", zone)
    subprocess.run([sys.executable, "-c", INGEST], check=True)
    assert [str(r["as_of"]) for r in channel.lines()] == WANTED
    (row,) = channel.ledger()
    assert (str(row["period_start"]), str(row["period_end"])) == ("2026-03-01", "2026-03-31")
