"""The same bytes again: never doubled, and the dealer is told once."""

import pytest
from support.channel import reject_rows
from support.dealer import HEADER, stock_file

FILE = stock_file(20)


def test_the_same_bytes_again_are_refused_and_nothing_is_doubled(channel):
    first, second = channel.take_one(FILE), channel.take_one(FILE)
    assert (first.outcome, second.outcome, second.code) == ("accepted", "duplicate", "F_DUP_FILE")
    assert len(channel.lines()) == 20
    assert [(r["status"], r["duplicate_of"]) for r in channel.ledger()] == [
        ("accepted", None), ("rejected", first.submission_id),
    ]  # fmt: skip
    assert [r["code"] for r in reject_rows(second)] == ["F_DUP_FILE"]
    assert not channel.left()


def test_the_same_bytes_under_another_name_are_refused(channel):
    channel.take_one(FILE)
    assert channel.take_one(FILE, "stock_202603_v2.csv").code == "F_DUP_FILE"
    assert len(channel.lines()) == 20


def test_two_months_without_a_line_are_two_reports(channel):
    empty = (HEADER + "\n").encode()
    outcomes = [channel.take_one(empty, f"stock_2026{month}.csv") for month in ("02", "03", "03")]
    assert [o.outcome for o in outcomes] == ["accepted", "accepted", "duplicate"]


def test_both_in_one_run(channel):
    channel.put(FILE)
    channel.put(FILE, "stock_202603_v2.csv")
    assert sorted(o.outcome for o in channel.take()) == ["accepted", "duplicate"]
    assert len(channel.lines()) == 20


def test_two_dealers_may_send_the_same_bytes(channel):
    channel.feed("beta")
    channel.put(FILE)
    channel.put(FILE, dealer_id="beta")
    assert [o.outcome for o in channel.take()] == ["accepted", "accepted"]
    assert len(channel.lines()) == 40
    assert len(channel.stored()) == 1


def test_the_bytes_of_a_refused_file_again_name_the_first_refusal(channel):
    bad = FILE.replace("数量".encode(), b"qty")
    first, second, third = (channel.take_one(bad) for _ in range(3))
    assert (first.code, second.code, third.code) == ("F_HEADER", "F_DUP_FILE", "F_DUP_FILE")
    assert [r["duplicate_of"] for r in channel.ledger()] == [None] + [first.submission_id] * 2
    assert "F_HEADER" in second.detail


def test_one_byte_more_is_another_file(channel):
    channel.take_one(FILE)
    assert channel.take_one(FILE + b"\n").outcome == "accepted"


@pytest.mark.parametrize("code", ["accepted", "refused", "duplicate"])
def test_a_worker_that_died_before_the_move_finds_its_own_file_again(channel, code):
    """The file is back in landing and not archived: the run ends as the first would have."""
    if code == "duplicate":
        channel.take_one(FILE)
    data = FILE.replace("数量".encode(), b"qty") if code == "refused" else FILE
    first = channel.take_one(data)
    with channel.connect() as connection:
        connection.execute("update ctl.submission set archived_at = null where submission_id = %s",
                           (first.submission_id,))  # fmt: skip
    again = channel.take_one(data)
    assert again.submission_id == first.submission_id
    assert len(channel.ledger()) == 1 + (code == "duplicate")
    assert len(channel.lines()) == 20 * (code != "refused")
    assert again.reject_file == first.reject_file


def test_counts_add_up_in_the_ledger_and_issues_say_why(channel):
    data = "\n".join(["title", HEADER, "W1,P1,5,2026-03-01,1,L", "",
                      "W1,P1,6,2026-03-01,1,L", "W2,P2,x,2026-03-40,1,L", "W3",
                      "\x00,b,1,2026-03-01,1,L"]).encode()  # fmt: skip
    outcome = channel.take_one(data)
    (row,) = channel.ledger()
    assert [row[f"lines_{n}"] for n in ("read", "accepted", "quarantined", "skipped")] == [
        8,
        1,
        4,
        3,
    ]
    assert row["skipped"] == {"S_TITLE": 1, "S_HEADER": 1, "S_BLANK": 1}
    errors = [(i["row_no"], i["code"]) for i in channel.issues() if i["severity"] == "error"]
    assert errors == [(5, "E_DUP_LINE"), (6, "E_DATE"), (6, "E_QTY_NUMBER"), (7, "E_WIDTH"),
                      (8, "E_ENCODING")]  # fmt: skip
    assert [(int(r["row_no"]), r["code"]) for r in reject_rows(outcome)] == errors
