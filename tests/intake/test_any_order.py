"""Full, restated, delta, duplicate, another month, a replay: in any order, the same lines."""

import itertools
import os
import random

import pytest
from chip_channel.intake.replay import replay
from support.current import current
from support.dealer import HEADER, environment


def report(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines]).encode()


FILES = [
    # name, when the dealer sent it, what it holds
    (
        "stock_202603.csv",
        1,
        report("W,A,10,2026-03-01,1,", "W,B,20,2026-03-01,1,", "W,C,5,2.3.2026,1,"),
    ),
    ("stock_202603_v2.csv", 2, report("W,A,11,2026-03-01,1,", "W,D,40,2026-03-01,1,")),
    ("stock_202603_delta.csv", 3, report("W,A,12,2026-03-01,1,", "W,E,50,2026-03-02,1,")),
    ("stock_202603_v3.csv", 4, report("W,A,11,2026-03-01,1,", "W,D,40,2026-03-01,1,")),
    ("stock_202604.csv", 0, report("W,A,99,2026-04-01,1,", "W,F,7,3.4.2026,1,")),
]
# by hand: the restatement (2) takes A to 11, B and C away; the delta (3) takes A to 12, adds E; the
# same bytes as the restatement (4) are a duplicate; April stands alone, F after the feed was mended
WANTED = {
    ("A", "2026-03-01"): "12.000",
    ("D", "2026-03-01"): "40.000",
    ("E", "2026-03-02"): "50.000",
    ("A", "2026-04-01"): "99.000",
    ("F", "2026-04-03"): "7.000",
}
ORDERS = list(itertools.permutations(range(len(FILES))))
RUNS = int(os.environ.get("CHIP_CHANNEL_FAULT_RUNS", "4"))


@pytest.mark.parametrize("order", random.Random(3).sample(ORDERS, min(RUNS, len(ORDERS))))  # noqa: S311
def test_any_order_of_reading_shows_the_same_lines(channel, order):
    with environment(received_at="mtime", feeds=str(channel.home / "feeds"), workers="1"):
        channel.feed()
        for i in order:
            name, moment, data = FILES[i]
            path = channel.put(data, name)
            os.utime(path, (1_775_900_000 + 3600 * moment,) * 2)
            channel.take()
        channel.feed(dates=["%d.%m.%Y"])
        replay()
    seen = current(channel.ledger(), channel.lines())
    assert {(k[3], str(k[-1])): qty for k, qty in seen.items()} == WANTED
    assert sum(r["fatal_code"] == "F_DUP_FILE" for r in channel.ledger()) == 1
