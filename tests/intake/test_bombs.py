"""Files made to break the reader: a clear code, the worker lives, the other files are taken."""

import os

import psutil
import pytest
from chip_channel.intake import service
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
    """The child sleeps instead of reading; the cap on time ends it."""
    start = service.Child._start

    def hang(self):
        process = start(self)
        process.send_signal(19)  # SIGSTOP: it does not answer, and is not dead
        return process

    monkeypatch.setattr(service.Child, "_start", hang)
    channel.put(stock_file(5))
    with environment(parse_seconds="1"):
        (outcome,) = channel.take()
    assert outcome.code == "F_TOO_LARGE"
    monkeypatch.undo()
    assert channel.take_one(stock_file(6), "stock_202603_v2.csv").outcome == "accepted"
    assert not [c for c in psutil.Process().children() if c.status() == "stopped"]


def test_a_file_whose_reader_always_dies_waits_and_the_others_are_taken(channel, monkeypatch):
    run = service.Child.run

    def dies(self, job):
        if job.file_name == "stock_202603.csv":
            raise service.WorkerLostError("the reading process ended with -9")
        return run(self, job)

    monkeypatch.setattr(service.Child, "run", dies)
    channel.put(stock_file(5))
    channel.put(stock_file(6), "stock_202603_v2.csv")
    with pytest.raises(service.WorkerLostError, match=r"stock_202603\.csv"):
        service.ingest(waiting(), tries=2)
    assert channel.left() == ["alpha/stock_202603.csv"]
    assert [r["lines_accepted"] for r in channel.ledger()] == [6]


def test_a_child_ends_itself_when_nobody_counts_its_time(channel):
    """A worker that was killed leaves its child behind; the alarm is set before a file is read."""
    import inspect

    from chip_channel.intake import child

    source = inspect.getsource(child._serve)
    assert source.index("signal.alarm(settings().parse_seconds") < source.index("load(connection")


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
