"""A feed is mended: what was refused or quarantined is read again, once, in its place in time."""

import pytest
from chip_channel.intake.replay import replay
from support.dealer import COLUMNS, HEADER, environment, stock_file


def bad_dates(n: int) -> bytes:
    """German dates: the feed does not know them yet."""
    lines = [f"W,P{i},{i + 1},{i % 28 + 1:02d}.03.2026,1,L" for i in range(n)]
    return "\n".join([HEADER, "W,P,1,2026-03-01,1,L", *lines]).encode()


MENDED = {"dates": ["%d.%m.%Y"]}


def test_quarantined_lines_are_read_again_after_the_feed_was_mended(channel):
    first = channel.take_one(bad_dates(10))
    assert first.counts["quarantined"] == 10
    assert replay() == []
    channel.feed(**MENDED)
    (again,) = replay()
    assert (again.outcome, again.counts["accepted"]) == ("accepted", 11)
    old, new = channel.ledger()
    assert (new["replaces"], new["attempt"], new["sha256"]) == (
        old["submission_id"],
        2,
        old["sha256"],
    )
    assert new["reported_at"] == old["reported_at"]
    assert new["received_at"] > old["received_at"]
    assert (new["lines_read"], new["lines_accepted"], new["lines_skipped"]) == (12, 11, 1)
    assert len([r for r in channel.lines() if r["submission_id"] == new["submission_id"]]) == 11


@pytest.mark.parametrize("refused", ["F_HEADER", "F_DEALER", "F_PERIOD"])
def test_a_refused_file_is_read_again_and_a_second_replay_does_nothing(channel, refused):
    name = {"F_DEALER": "bestand_202603.csv", "F_PERIOD": "stock_202613.csv"}.get(
        refused, "stock_202603.csv"
    )
    data = stock_file(5)
    if refused == "F_HEADER":
        data = data.replace("数量".encode(), "库存数".encode())
    assert channel.take_one(data, name).code == refused
    assert replay() == []
    mended = {
        "F_DEALER": {"file_name": r"bestand_(?P<period>\d{6})\.csv"},
        "F_HEADER": {"columns": COLUMNS | {"qty": "库存数"}},
        "F_PERIOD": {"file_name": r"stock_(?P<period>\d{4}\d{1})\d\.csv", "period": "none"},
    }[refused]
    channel.feed(**mended)  # fmt: skip
    (again,) = replay()
    assert (again.outcome, again.counts["accepted"]) == ("accepted", 5)
    before = channel.ledger()
    assert replay() == []
    assert channel.ledger() == before


def test_a_feed_that_is_still_wrong_refuses_again_and_waits_for_the_next_change(channel):
    channel.take_one(stock_file(5).replace("数量".encode(), b"n"))
    channel.feed(**MENDED)
    (again,) = replay()
    assert again.code == "F_HEADER"
    assert replay() == []
    channel.feed(columns=COLUMNS | {"qty": "n"})
    (third,) = replay()
    assert (third.outcome, [r["attempt"] for r in channel.ledger()]) == ("accepted", [1, 2, 3])
    assert [r["replaces"] for r in channel.ledger()][1:] == [
        r["submission_id"] for r in channel.ledger()
    ][:2]


def test_one_submission_is_read_again_on_demand(channel):
    first = channel.take_one(stock_file(5))
    (again,) = replay(submission_id=first.submission_id)
    assert (again.outcome, again.counts["accepted"]) == ("accepted", 5)


def test_what_kept_no_bytes_does_not_stop_the_others(channel):
    with environment(max_file_bytes="1000"):
        channel.take_one(stock_file(1000), "stock_202602.csv")
    channel.take_one(bad_dates(3))
    channel.feed(**MENDED)
    (again,) = replay()
    assert again.counts["accepted"] == 4


def test_a_duplicate_is_never_read_again(channel):
    channel.take_one(bad_dates(3))
    channel.take_one(bad_dates(3))
    channel.feed(**MENDED)
    assert len(replay()) == 1


def test_replay_of_one_dealer_leaves_the_others(channel):
    channel.feed("beta")
    channel.take_one(bad_dates(3))
    channel.take_one(bad_dates(3), dealer_id="beta")
    channel.feed(**MENDED)
    channel.feed("beta", **MENDED)
    assert [o.dealer_id for o in replay("beta")] == ["beta"]
    assert [o.dealer_id for o in replay()] == ["alpha"]
