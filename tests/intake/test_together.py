"""Small files of one report are read as one, and nothing but the speed shows it."""

import pytest
from chip_channel.intake import service, together, work
from support.channel import reject_rows
from support.dealer import HEADER, environment, stock_file

ODD = (
    "W,A,10,2026-03-01,1,\nW,B,n/a,2026-03-01,1,\n\nW,A,11,2026-03-01,1,",  # bad, blank, key twice
    "W,A,10,2026-03-01,1,\nW,C,5,2026-04-09,1,\nW,D\u200b,7,2026-03-02,1,",  # outside; hidden sign
    "W,E,3,2026-03-03,1,\nW,F,1,2026-03-03",  # too few fields
    'W,"G",3,2026-03-03,1,\nW,H\\,4,2026-03-05,1,',  # quotes; must be escaped
)


@pytest.fixture
def groups(monkeypatch):
    """How many files went together, by group; what each became."""
    seen = []
    inner = service.Intake.together

    def counted(self, turns):
        found = inner(self, turns)
        seen.append((len(turns), found is not None))
        return found

    monkeypatch.setattr(service.Intake, "together", counted)
    return seen


def files(channel, *bodies, start=0):
    for i, body in enumerate(bodies, start):
        # sizes differ: equal ones may be the same bytes, and go in turn
        channel.put(f"{HEADER}\n{body}{' ' * i}\n".encode(), f"stock_202603_v{i:02d}.csv")


def told(channel):
    """Ledger, lines and issues by the file's name, without numbers that are given in turn."""
    name = {row["submission_id"]: row["file_name"] for row in channel.ledger()}
    own = {"submission_id", "received_at", "reported_at", "archived_at", "loaded_at", "source"}
    return [
        sorted(
            (name[row["submission_id"]], *((k, str(v)) for k, v in row.items() if k not in own))
            for row in rows
        )
        for rows in (channel.ledger(), channel.lines(), channel.issues())
    ]


def empty(channel):
    with channel.connect() as connection:
        connection.execute("truncate ctl.submission, raw.stock, quarantine.issue cascade")


def test_files_together_become_what_they_become_alone(channel, groups, monkeypatch):
    with environment(workers="1", feeds=str(channel.home / "feeds")):
        files(channel, *ODD * 8)
        outcomes = channel.take()
        assert any(size > 1 and went for size, went in groups), groups
        assert len(outcomes) == 32
        assert channel.left() == []
        seen = told(channel)
        rejects = {o.file: reject_rows(o) for o in outcomes if o.reject_file}
        empty(channel)
        monkeypatch.setattr(work, "_MOST_TOGETHER", 1)
        before = len(groups)
        files(channel, *ODD * 8)
        alone = channel.take()
        assert len(groups) == before
    assert told(channel) == seen
    assert {o.file: reject_rows(o) for o in alone if o.reject_file} == rejects
    assert len(rejects) == 24


def test_one_that_is_refused_costs_the_others_nothing(channel, groups):
    with environment(workers="1", feeds=str(channel.home / "feeds")):
        files(channel, *["W,A,10,2026-03-01,1,"] * 11)
        channel.put(b"no,such,header\n1,2,3\n", "stock_202603_v99.csv")
        files(channel, *["W,A,10,2026-03-01,1,"] * 11, start=11)
        outcomes = {o.file: o.outcome for o in channel.take()}
    assert outcomes.pop("stock_202603_v99.csv") == "rejected"
    assert set(outcomes.values()) == {"accepted"}
    assert len(outcomes) == len(channel.lines()) == 22
    assert not all(went for _, went in groups)


def test_files_of_a_broken_feed_wait_and_others_are_taken(channel, groups):
    with environment(workers="1", feeds=str(channel.home / "feeds")):
        channel.feed("beta")
        for i in range(9):
            channel.put(stock_file(5 + i), f"stock_202603_v{i}.csv")
            channel.put(stock_file(5 + i), f"stock_202603_v{i}.csv", "beta")
        (channel.home / "feeds" / "alpha" / "feed.yml").write_text("dealer_id: [")
        with pytest.raises(service.IntakeError, match="not valid YAML"):
            channel.take()
    assert channel.left() == [f"alpha/stock_202603_v{i}.csv" for i in range(9)]
    assert len(channel.ledger()) == 9


def test_only_what_is_asked_alike_goes_together(channel, groups):
    with environment(workers="1", feeds=str(channel.home / "feeds")):
        for month in range(1, 10):
            channel.put(
                f"{HEADER}\nW,A,1,2025-0{month}-01,1,\n".encode(), f"stock_20250{month}.csv"
            )
        assert {o.outcome for o in channel.take()} == {"accepted"}
    assert groups == []
    assert {str(r["period_start"]) for r in channel.ledger()} == {
        f"2025-0{month}-01" for month in range(1, 10)
    }


def test_a_file_sent_again_is_seen_among_others(channel, groups):
    with environment(workers="1", feeds=str(channel.home / "feeds")):
        files(channel, *["W,A,10,2026-03-01,1,"] * 9)
        channel.take()
        files(channel, *["W,A,10,2026-03-01,1,"] * 9)
        files(channel, *["W,B,10,2026-03-01,1,"] * 3, start=20)
        outcomes = [o.outcome for o in channel.take()]
    assert sorted(outcomes) == ["accepted"] * 3 + ["duplicate"] * 9
    assert len(channel.lines()) == 12
    assert max(row["row_no"] for row in channel.lines()) < together.LINES
