"""A sub-dealer's customers moved to another: what changes, to the cent, and that nothing else does."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from chip_channel.channel import structure
from chip_channel.channel.structure import Moved, move, what_if
from chip_channel.cli import app
from chip_channel.publish.batch import open_what_if
from chip_channel.publish.publish import NotPublishableError, publish
from chip_channel.warehouse import connect
from typer.testing import CliRunner

pytestmark = pytest.mark.usefixtures("published")
# the small world: shenda and hongyuan are core, yunfan is a sub-dealer of shenda
MONTH = date(2025, 9, 1)


def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connect() as connection:
        return connection.execute(query, values).fetchall()


@pytest.fixture(scope="module")
def pointers(published: Any) -> list[tuple[Any, ...]]:
    return rows("select * from ctl.published_slice order by 1, 2")


@pytest.fixture(scope="module")
def to_core(pointers: Any) -> Moved:
    return what_if("yunfan", "shenda")


@pytest.fixture(scope="module")
def to_direct(to_core: Moved) -> Moved:
    return what_if("yunfan", "direct", MONTH, MONTH)


def sold(dealer: str) -> Decimal:
    return rows("select sum(amount_vendor) from publish.fct_pos where dealer_id = %s "
                "and line_type <> 'sample' and sold_to_dealer_id is null", dealer)[0][0]  # fmt: skip


def test_before_is_what_is_published(to_direct: Moved) -> None:
    (found,) = rows("select amount_vendor, core_amount_vendor, sub_amount_vendor, mean_levels, two_tier_share, "
                    "dealer_hhi from publish.mart_channel_structure where slice = %s", MONTH)  # fmt: skip
    told = to_direct.before
    assert (told.amount, told.by_role["core"], told.by_role["sub"]) == found[:3]
    assert (round(told.mean_levels, 6), round(told.two_tier_share, 6)) == found[3:5]
    assert round(told.dealer_hhi, 3) == found[5]


def test_the_core_dealer_takes_them_over(to_core: Moved) -> None:
    sub, parent, other = sold("yunfan"), sold("shenda"), sold("hongyuan")
    whole = sub + parent + other
    after = to_core.after
    assert to_core.amount == sub
    assert after.by_role == {"direct": 0, "core": whole, "sub": 0, "unknown": 0}
    assert (after.mean_levels, after.two_tier_share) == (1, 1)
    assert to_core.before.mean_levels == (parent + other + 2 * sub) / whole
    assert after.dealer_hhi == 10000 * ((parent + sub) ** 2 + other**2) / whole**2


def test_the_engine_counts_the_moved_sales(to_core: Moved) -> None:
    """What the core dealer is measured by is what both were: programmes on sales to end customers."""
    compared = rows(
        "with tried as (select * from marts.mart_rebate_statement where batch_id = "
        "(select min(batch_id) from ctl.batch where kind = 'what_if') and dealer_id = 'shenda'), "
        "now as (select programme, slice, sum(evaluated) as evaluated "
        "from publish.mart_rebate_statement where dealer_id in ('shenda', 'yunfan') group by 1, 2) "
        "select t.programme, t.slice, t.evaluated, n.evaluated from tried t join now n using (programme, slice) "
        "where t.programme = 'focus_families'"
    )
    assert compared
    assert all(tried == now > 0 for _, _, tried, now in compared)


def test_rebates_change_for_the_two_alone(to_core: Moved) -> None:
    found = {r["dealer_id"]: r for r in to_core.rebates}
    published = dict(
        rows("select dealer_id, sum(amount) from publish.mart_rebate_statement group by 1")
    )
    assert {name: r["now"] for name, r in found.items()} == published
    assert found["hongyuan"]["difference"] == 0
    assert found["yunfan"]["now"] > 0 == found["yunfan"]["tried"]
    assert found["shenda"]["difference"] > 0


def test_the_vendor_itself_is_no_level_and_pays_no_rebate(to_direct: Moved) -> None:
    before, after = to_direct.before, to_direct.after
    assert after.by_role["direct"] == before.by_role["sub"] == to_direct.amount
    assert after.mean_levels == before.by_role["core"] / before.amount
    found = {r["dealer_id"]: r["difference"] for r in to_direct.rebates}
    assert found["yunfan"] < 0 == found["shenda"] == found["hongyuan"]


@pytest.mark.parametrize("kept", [Decimal(0), Decimal("0.25")])
def test_it_buys_on_only_for_other_dealers(pointers: Any, kept: Decimal) -> None:
    sums = (
        "select coalesce(sum(qty) filter (where sold_to_dealer_id = 'yunfan'), 0), "
        "coalesce(sum(amount_vendor) filter (where sold_to_dealer_id = 'yunfan'), 0), "
        "sum(amount_vendor) filter (where sold_to_dealer_id is null), "
        "count(*) filter (where dealer_id = 'yunfan'), count(*) filter (where dealer_id = 'shenda') "
    )
    batch = open_what_if(MONTH, MONTH).batch_id
    with connect("transform") as connection:
        move(connection, batch, "yunfan", "shenda", MONTH, MONTH, kept)
        tried = connection.execute(
            sums + "from marts.fct_pos where batch_id = %s", (batch,)
        ).fetchone()
        connection.rollback()
    (now,) = rows(sums + "from publish.fct_pos where slice = %s", MONTH)
    assert now[0] > 0
    assert tried is not None
    assert tried[:3] == (now[0] * kept, now[1] * kept, now[2])
    assert tried[3] == 0
    bought = rows(
        "select count(*) from publish.fct_pos where slice = %s and sold_to_dealer_id = 'yunfan'",
        MONTH,
    )
    assert tried[4] == now[3] + now[4] - (0 if kept else bought[0][0])
    with connect("transform") as connection:
        connection.execute(
            "update ctl.batch set status = 'abandoned' where batch_id = %s", (batch,)
        )


def test_nothing_of_it_is_kept_or_can_be_published(pointers: Any, to_direct: Moved) -> None:
    assert rows("select * from ctl.published_slice order by 1, 2") == pointers
    batches = [b for (b,) in rows("select batch_id from ctl.batch where kind = 'what_if'")]
    assert len(batches) >= 2
    assert rows("select count(*) from marts.fct_pos where batch_id = any(%s)", batches) == [(0,)]
    for batch in batches:
        with pytest.raises(NotPublishableError):
            publish(batch)


def test_the_command_shows_before_and_after_and_what_is_assumed(
    to_core: Moved, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(structure, "what_if", lambda *given: asked.append(given) or to_core)
    done = CliRunner().invoke(
        app, ["structure", "what-if", "yunfan", "--to", "shenda", "--from", "2025-08"]
    )
    assert done.exit_code == 0, done.output
    assert asked == [("yunfan", "shenda", date(2025, 8, 1), None)]
    whole = to_core.before.amount
    core = next(line for line in done.output.splitlines() if "core, share" in line)
    assert [f"{to_core.before.by_role['core'] / whole:.1%}", "100.0%"] == re.findall(
        r"[0-9.]+%", core
    )
    told = " ".join(done.output.split())
    assert "it buys nothing any more" in told
    total = sum(r["difference"] for r in to_core.rebates)
    assert f"In all {total:+,.2f}" in told


@pytest.mark.parametrize(
    ("sub", "to", "says"),
    [
        ("hongyuan", "shenda", "hongyuan is core, no sub-dealer"),
        ("yunfan", "yunfan", "yunfan is a sub-dealer"),
        ("nobody", "shenda", "nobody: no such dealer"),
        ("yunfan", "nobody", "nobody: no such dealer"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused(sub: str, to: str, says: str) -> None:
    done = CliRunner().invoke(app, ["structure", "what-if", sub, "--to", to])
    assert done.exit_code == 2
    assert says in done.output
