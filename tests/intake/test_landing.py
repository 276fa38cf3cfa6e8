"""Taking files while they change; from other file systems; on a full disk."""

import os
import subprocess
import time
from pathlib import Path

import fsspec
import pytest
from chip_channel.intake import landing, service
from chip_channel.intake.landing import Remover, UnsettledError, take, waiting
from support.dealer import environment, stock_file


def in_the_middle(monkeypatch, act):
    """Do something once, while a file is being copied."""
    keep = landing.keep
    todo = [act]

    def kept(source, identity):
        stored = keep(source, identity)
        if todo:
            todo.pop()()
        return stored

    monkeypatch.setattr(landing, "keep", kept)


@pytest.mark.parametrize(
    "how", ["moved over it", "written over it", "written on", "of the same size"]
)
def test_a_file_that_changes_while_it_is_taken_is_taken_as_it_became(channel, monkeypatch, how):
    old, new = stock_file(5), stock_file(9)
    if how == "of the same size":
        new = old.replace(b"PART-4", b"PART-5")
    path = channel.put(old)

    def change():
        if how == "moved over it":
            other = channel.put(new, "x.part")
            other.replace(path)
        elif how == "written on":
            with path.open("ab") as out:
                out.write(new.removeprefix(old))
        else:
            path.write_bytes(new)

    in_the_middle(monkeypatch, change)
    channel.take()
    channel.take()
    assert not channel.left()
    newest = channel.query("select max(submission_id) as id from ctl.submission")[0]["id"]
    got = [r["mpn"] for r in channel.lines() if r["submission_id"] == newest]
    assert got == [line.split(",")[1] for line in new.decode().split("\n")[1:-1]]
    assert new in channel.stored().values()


def test_a_file_that_is_written_over_after_it_was_copied_is_not_removed(channel):
    path = channel.put(stock_file(5))
    (arrival,) = waiting()
    stored = take(arrival)
    path.write_bytes(stock_file(6))
    Remover().remove(arrival, stored.identity)
    assert path.read_bytes() == stock_file(6)
    assert channel.left() == ["alpha/stock_202603.csv"]


def test_a_third_file_under_the_name_loses_neither_it_nor_the_second(channel, monkeypatch):
    path = channel.put(stock_file(5))
    (arrival,) = waiting()
    stored = take(arrival)
    path.write_bytes(stock_file(6))
    link = os.link

    def third_comes_first(*arguments, **options):
        path.write_bytes(stock_file(7))
        monkeypatch.setattr(os, "link", link)
        return link(*arguments, **options)

    monkeypatch.setattr(os, "link", third_comes_first)
    Remover().remove(arrival, stored.identity)
    channel.take()
    assert sorted(r["lines_accepted"] for r in channel.ledger()) == [6, 7]
    assert not channel.left()


def test_a_growing_file_waits_until_it_has_settled(channel, monkeypatch):
    path = channel.put(stock_file(5))
    (arrival,) = waiting()
    in_the_middle(monkeypatch, lambda: path.write_bytes(stock_file(6)))
    with pytest.raises(UnsettledError):
        take(arrival)
    with environment(settle_seconds="30"):
        assert waiting() == []
    assert len(waiting()) == 1


def test_a_file_that_may_not_be_opened_stays_and_the_others_are_taken(channel, monkeypatch):
    """Too many open files, no permission: no reason to refuse and remove what was not read."""
    channel.put(stock_file(5))
    channel.put(stock_file(6), "stock_202603_v2.csv")
    opened = os.open

    def no(path, *arguments, **options):
        if str(path).endswith("stock_202603.csv"):
            raise PermissionError(13, "denied", path)
        return opened(path, *arguments, **options)

    monkeypatch.setattr(os, "open", no)
    with pytest.raises(PermissionError):
        channel.take()
    assert channel.left() == ["alpha/stock_202603.csv"]
    assert [r["status"] for r in channel.ledger()] == ["accepted"]


@pytest.mark.parametrize("died", ["before it was unlinked", "before it was moved back"])
def test_what_a_killed_worker_moved_aside_is_found_again(channel, died):
    data = stock_file(5)
    if died == "before it was unlinked":
        channel.take_one(data)
        with channel.connect() as connection:
            connection.execute("update ctl.submission set archived_at = null")
    channel.put(data, dealer_id="alpha/.removed-0123")
    channel.take()
    assert [(r["status"], r["lines_accepted"]) for r in channel.ledger()] == [("accepted", 5)]
    assert list((channel.landing / "alpha").iterdir()) == []


def test_a_file_that_vanishes_from_the_listing_is_no_error(channel, monkeypatch):
    channel.put(stock_file(5))
    (arrival,) = waiting()
    Path(arrival.path).unlink()
    assert service.ingest([arrival]) == []


def test_a_landing_that_is_no_local_folder(channel):
    """fsspec's memory file system: listed, copied, loaded, removed; replaced files stay."""
    memory = fsspec.filesystem("memory")
    memory.rm("/", recursive=True) if memory.ls("/") else None
    with environment(landing="memory://land", feeds=str(channel.home / "feeds"), workers="1"):
        memory.pipe("/land/alpha/stock_202603.csv", stock_file(8))
        memory.pipe("/land/alpha/half.csv.part", b"x")
        time.sleep(0.01)
        (outcome,) = channel.take()
        assert (outcome.outcome, outcome.counts["accepted"]) == ("accepted", 8)
        assert [p["name"] for p in memory.ls("/land/alpha")] == ["/land/alpha/half.csv.part"]
        assert channel.ledger()[0]["archived_at"]
        memory.pipe("/land/alpha/stock_202603.csv", stock_file(9))
        (arrival,) = waiting()
        stored = take(arrival)
        memory.pipe("/land/alpha/stock_202603.csv", stock_file(10))
        Remover().remove(arrival, stored.identity)
        assert memory.cat("/land/alpha/stock_202603.csv") == stock_file(10)
    memory.rm("/land", recursive=True)


def test_a_full_disk_loses_nothing_and_passes(channel, tmp_path):
    """The content store on 256 KB: the big file waits; with room again it is taken."""
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small tmpfs can only be mounted by root")
    try:
        (channel.home / "store").symlink_to(small)
        channel.put(stock_file(20_000))
        channel.put(stock_file(5), "stock_202603_v2.csv")
        for _ in range(2):
            with pytest.raises(OSError, match="No space left"):
                channel.take()
            assert channel.left() == ["alpha/stock_202603.csv"]
            assert [r["lines_accepted"] for r in channel.ledger()] == [5]
            assert list(small.glob(".part*")) == []
        subprocess.run(["mount", "-o", "remount,size=8m", str(small)], check=True)
        (outcome,) = channel.take()
        assert outcome.counts["accepted"] == 20_000
        assert not channel.left()
        assert set(channel.stored().values()) == {stock_file(20_000), stock_file(5)}
    finally:
        subprocess.run(["umount", str(small)], check=False)
