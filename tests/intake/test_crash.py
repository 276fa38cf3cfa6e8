"""Killed at any line, and twice at the same time: nothing lost, nothing doubled, nothing wedged.

The long runs are `python -m benchmarks.faults`; CHIP_CHANNEL_FAULT_RUNS makes these longer.
"""

import os

import pytest

from benchmarks.chaos import chaos, same_time, sweep
from benchmarks.faults import make_world
from benchmarks.landing_world import Damage, few_files

RUNS = int(os.environ.get("CHIP_CHANNEL_FAULT_RUNS", "6"))
NONE = Damage(0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def world(postgres, tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("faults") / "home", postgres)


@pytest.mark.parametrize("who", ["parent", "child"])
def test_a_process_killed_at_any_line_costs_nothing(world, who):
    report = sweep(world, who, RUNS, seed=5)
    assert report.faults["kills"] >= RUNS - 1, "the killing does not kill"
    assert report.found == [NONE] * RUNS


def test_two_workers_on_the_same_files_at_the_same_moment(world):
    assert same_time(world, 3).found == [NONE] * 3


def test_random_deaths_of_workers_children_and_connections(world, postgres):
    report = chaos(world, postgres, RUNS, seed=5, files=16, servers=False)
    assert sum(report.faults.values()) >= RUNS
    assert report.found == [NONE] * len(report.found)


def test_the_killing_meets_files_that_are_read_together(world):
    import psycopg

    world.reset(few_files())
    world.finish()
    with psycopg.connect(world.url) as connection:
        files, transactions = connection.execute(
            "select count(distinct submission_id), count(distinct raw.stock.xmin::text) "
            "from raw.stock join ctl.submission using (submission_id) where dealer_id = 'gamma'"
        ).fetchone()
    assert files == 6
    assert transactions < 6


def test_the_comparison_sees_a_line_lost_and_a_line_doubled(world):
    import psycopg

    from benchmarks.landing_world import damage

    world.reset(few_files())
    world.finish()
    wanted = world.state()
    assert wanted.lines.total() > 100
    assert wanted.issues.total() > 5
    with psycopg.connect(world.url, autocommit=True) as connection:
        connection.execute("delete from raw.stock where row_no = 2")
        connection.execute("insert into raw.stock select * from raw.stock where row_no = 3")
    found = damage(wanted, world.state())
    assert (found.lost, found.doubled) == (2 + 5, 3 + 6)
