"""Files made to break the reader: a clear code, the worker lives, the other files are taken."""

import os
import subprocess
import sys
import time

import psutil
import pytest
from chip_channel.intake import readers, service
from chip_channel.intake.landing import waiting
from support.dealer import HEADER, environment, stock_file
from support.workbook import repack, sheet_xml, workbook

from benchmarks.memory import Watch

EXCEL = {"kind": "excel", "file_name": r"stock_(?P<period>\d{6})\.xlsx"}
CAP_MB = 1500


def zip_bomb() -> bytes:
    data = workbook([HEADER.split(","), ["W"]])
    pad = b"<!--" + b" " * 150_000_000 + b"-->"
    return repack(data, sheet_xml(data).replace(b"</worksheet>", pad + b"</worksheet>"))


def far_cell(row: int = 1_048_576) -> bytes:
    """Single quotes, so that the check before the reading does not see it."""
    data = workbook([HEADER.split(","), ["W"]])
    far = f"<row r='{row}'><c r='XFD{row}'><v>1</v></c></row></sheetData>".encode()
    return repack(data, sheet_xml(data).replace(b"</sheetData>", far))


def endless_line() -> bytes:
    return HEADER.encode() + b"\n" + b"x" * 200_000_000


def deep_quotes() -> bytes:
    return HEADER.encode() + b"\n" + b'"' * 20_000_001 + b"\n"


BOMBS = {
    "zip bomb": (zip_bomb, EXCEL, "F_TOO_LARGE"),
    "far cell behind single quotes": (far_cell, EXCEL, "F_TOO_LARGE"),
    "100 million cells, 3 GB": (lambda: far_cell(6_100), EXCEL, "F_TOO_LARGE"),
    "a million columns": (lambda: b"a," * 1_000_000 + b"b\n1,2\n", {}, "F_TOO_LARGE"),
    "200 MB without a line end": (endless_line, {}, "F_TOO_LARGE"),
    "20 million quotes": (deep_quotes, {}, "F_TOO_LARGE"),
    "random bytes": (lambda: os.urandom(3_000_000), {}, "F_UNREADABLE"),
    "zeros": (lambda: bytes(3_000_000), {}, "F_UNREADABLE"),
    "empty": (lambda: b"", {}, "F_UNREADABLE"),
    "blank lines": (lambda: b"\n" * 100_000, {}, "F_HEADER"),
    "a workbook called .csv": (lambda: workbook([HEADER.split(",")]), {}, "F_UNREADABLE"),
    "another encoding": (lambda: stock_file(50).decode().encode("gb18030"), {}, "F_UNREADABLE"),
    "half in another encoding": (
        lambda: stock_file(5) + b"\xff\xfe\xfd,\xff,1,1,1,1\n" * 50, {}, "F_UNREADABLE",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_with_a_code_and_the_next_file_is_taken(channel, kind):
    make, feed, code = BOMBS[kind]
    suffix = "xlsx" if feed else "csv"
    channel.feed(**feed)
    channel.feed("beta")
    channel.put(make(), f"stock_202603.{suffix}")
    channel.put(stock_file(10), dealer_id="beta")
    watch = Watch()
    watch.start()
    with environment(parse_memory_mb=str(CAP_MB)):
        outcomes = {o.dealer_id: o for o in channel.take()}
    watch.done = True
    assert (outcomes["alpha"].outcome, outcomes["alpha"].code) == ("rejected", code)
    assert outcomes["beta"].outcome == "accepted"
    assert watch.peak <= CAP_MB
    assert not channel.left()
    assert {r["dealer_id"] for r in channel.ledger() if r["lines_read"]} == {"beta"}
    assert len(channel.lines()) == 10


def test_a_reader_that_hangs_is_ended_and_the_next_file_is_taken(channel, monkeypatch):
    """It is stopped: it does not answer, and is not dead; the cap on time ends it."""
    send = readers._Reader.run

    def hang(self, job):
        while not (found := _reading()):
            time.sleep(0.05)
        for process in found:
            process.suspend()
        return send(self, job)

    monkeypatch.setattr(readers, "GRACE", 1)
    monkeypatch.setattr(readers._Reader, "run", hang)
    channel.put(stock_file(5))
    with environment(parse_seconds="1"):
        (outcome,) = channel.take()
    assert outcome.code == "F_TOO_LARGE"
    monkeypatch.undo()
    assert channel.take_one(stock_file(6), "stock_202603_v2.csv").outcome == "accepted"
    assert not [c for c in psutil.Process().children(recursive=True) if c.status() == "stopped"]


def _reading():
    """The forked readers."""
    below = psutil.Process().children(recursive=True)
    pids = {p.pid for p in below if "chip_channel.intake.child" in p.cmdline()}
    return [p for p in below if p.pid in pids and p.ppid() in pids]


def test_a_file_that_takes_too_long_ends_its_reader_alone(channel):
    """The reader's own alarm; another one takes its place, and the other files are taken."""
    channel.put(stock_file(2_000_000), "stock_202602.csv")
    channel.put(stock_file(6))
    with environment(parse_seconds="1"):
        outcomes = {o.file: o for o in channel.take()}
    assert outcomes["stock_202602.csv"].code == "F_TOO_LARGE"
    assert "longer than 1 s" in outcomes["stock_202602.csv"].detail
    assert outcomes["stock_202603.csv"].outcome == "accepted"


def test_readers_go_when_their_worker_is_killed(channel):
    """Nobody closes anything; the sockets are gone, and the readers with them."""
    worker = subprocess.Popen(
        [sys.executable, "-c", "from chip_channel.intake.readers import _Processes; import time;"
         "p = _Processes(2); print(p.first.pid, flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    first = psutil.Process(int(worker.stdout.readline()))
    while len(first.children()) < 2:
        time.sleep(0.05)
    below = [first, *first.children()]
    worker.kill()
    worker.wait()
    assert psutil.wait_procs(below, timeout=10)[1] == []


@pytest.mark.parametrize("others", [1, 9])
def test_a_file_whose_reader_always_dies_waits_and_the_others_are_taken(
    channel, monkeypatch, others
):
    run = readers._Reader.run

    def dies(self, jobs):
        if any(job.file_name == "stock_202603.csv" for job in jobs):
            raise service.WorkerLostError("the reading process ended with -9")
        return run(self, jobs)

    monkeypatch.setattr(readers._Reader, "run", dies)
    channel.put(stock_file(5))
    for i in range(others):  # many would be read together
        channel.put(stock_file(6 + i), f"stock_202603_v{i}.csv")
    with pytest.raises(service.WorkerLostError, match=r"stock_202603\.csv"):
        service.ingest(waiting(), tries=2)
    assert channel.left() == ["alpha/stock_202603.csv"]
    taken = sorted(r["lines_accepted"] for r in channel.ledger())
    assert taken == [6 + i for i in range(others)]


def test_a_file_above_the_cap_is_refused(channel):
    with environment(max_file_bytes="1000"):
        assert channel.take_one(stock_file(100)).code == "F_TOO_LARGE"
    assert not channel.left()
    assert channel.stored() == {}


def test_a_header_alone_is_an_empty_report(channel):
    outcome = channel.take_one(HEADER.encode())
    assert (outcome.outcome, outcome.counts["accepted"]) == ("accepted", 0)


def test_memory_does_not_grow_with_the_file(channel):
    """300,000 lines and 1,000,000: the peak of the child stays, and stays under 300 MB."""
    peaks = []
    for n in (300_000, 1_000_000):
        channel.put(stock_file(n), f"stock_202603_v{n}.csv")
        watch = Watch()
        watch.start()
        (outcome,) = channel.take()
        watch.done = True
        assert outcome.counts["accepted"] == n
        peaks.append(watch.peak)
    assert peaks[1] < 300, peaks
    assert peaks[1] < peaks[0] + 60, peaks
