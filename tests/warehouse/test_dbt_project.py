"""The dbt project on a real database: numbers worked out by hand, versions, pointers, two times."""

from decimal import Decimal

import pytest
from chip_channel.warehouse import database_url
from history import DEC, FEB, JAN, JAN_POS, december, january, master, part, rate, sale, stock
from world import World, day

KNOWN = "2026-02-06 00:00+00"
LATER = "2026-03-20 00:00+00"
CONTENT = (
    "select dealer_id, invoice_no, line_type, slice, product_id, qty, amount, amount_vendor, sold_to_dealer_id"
    " from publish.fct_pos order by dealer_id, invoice_no, line_no"
)


@pytest.fixture(scope="session")
def target(tmp_path_factory):
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="module")
def world(home, target):
    world = World(database_url(), target)
    world.deploy()
    world.db.execute("create role reader_of_tests; grant usage on schema publish to reader_of_tests;"
                     " grant select on publish.fct_pos to reader_of_tests")  # fmt: skip
    yield world
    world.db.execute("drop owned by reader_of_tests; drop role reader_of_tests")
    world.db.close()


@pytest.fixture(scope="module")
def first(world):
    master(world)
    december(world)
    january(world)
    return world.run(KNOWN)


@pytest.fixture(scope="module")
def second(world, first):
    """January is restated by one dealer; a newer exchange rate is out."""
    world.submit("huaxin", "pos", [sale("INV1", "2026-01-05", "AB-100", 90, "1.13", book_cost="0.565")],
                 reported_at="2026-02-20 02:00+00", period=JAN, tax_basis="incl", tax_rate="0.13")  # fmt: skip
    world.submit("vendor", "market_index", [rate("2026-01-01", 2, "7.1", "2026-02-10 00:00+00")],
                 reported_at="2026-02-11 00:00+00", period=JAN, mode="delta")  # fmt: skip
    return world.run(LATER)


def january_money(world, relation, where="true"):
    return dict(
        world.rows(
            f"select dealer_id, sum(amount_vendor) from {relation} where slice = '2026-01-01' and {where} group by 1"
        )
    )


def test_money_is_without_tax_in_vendor_currency(world, first):
    # huaxin: 100 × 1.00 + 10 × 2.00 − 5 × 1.00 + 200 × 3.00; xiaomai: 2 reels × 50 USD × 7.0
    assert january_money(world, "marts.fct_pos", f"batch_id = {first}") == {
        "huaxin": Decimal(715),
        "xiaomai": Decimal(700),
    }


def test_reels_become_pieces_and_price_per_piece(world, first):
    line = world.rows(
        "select qty, resale_price, resale_price_vendor from marts.fct_pos where batch_id = %s and invoice_no = 'X1'",
        first,
    )
    assert line == [(Decimal(200), Decimal("0.5"), Decimal("3.5"))]


def test_alias_is_resolved_and_doubt_is_held(world, first):
    assert (
        world.one(
            "select product_id from marts.fct_pos where batch_id = %s and invoice_no = 'INV2'",
            first,
        )
        == "ACME|AB-100"
    )
    assert world.rows(
        "select dealer_id, report, row_no, code, field, value from marts.mart_held_line where batch_id = %s order by 2, 3", first
    ) == [
        ("huaxin", "pos", 4, "E_MPN_AMBIGUOUS", "mpn", "ACME OLD100"),
        ("huaxin", "pos", 5, "E_MPN_UNKNOWN", "mpn", "ACME ZZ-9"),
        ("huaxin", "stock", 4, "E_MPN_UNKNOWN", "mpn", "ACME ZZ-9"),
    ]  # fmt: skip


def test_roll_forward(world, first):
    rows = world.rows(
        "select product_id, opening_qty, receipt_qty, pos_qty, customer_return_qty, calculated_qty, closing_qty, gap_qty,"
        " tolerance_qty, status from marts.fct_inventory_rollforward"
        " where batch_id = %s and slice = '2026-01-01' and dealer_id = 'huaxin' order by 1",
        first,
    )
    # AB-100: 300 + 2 reels of 100, shipped in December and received in January, − 110 sold + 5 returned
    # CD-200: 500 − 200 = 300, but 1 is reported: a gap under one pack of 1,000
    assert rows == [
        ("ACME|AB-100", 300, 200, 110, 5, 395, 395, 0, 100, "ok"),
        ("ACME|CD-200", 500, 0, 200, 0, 300, 1, -299, 1000, "ok"),
    ]
    # the sub-dealer received what huaxin sold it, and reported no stock
    assert world.rows(
        "select receipt_qty, closing_qty, status from marts.fct_inventory_rollforward"
        " where batch_id = %s and slice = '2026-01-01' and dealer_id = 'xiaomai' and product_id = 'ACME|CD-200'",
        first,
    ) == [(200, None, "no_closing")]


def test_short_history_gives_a_reason_and_no_number(world, first):
    assert world.rows(
        "select distinct turnover, turnover_reason from publish.mart_inventory_health where dealer_id = 'huaxin'"
    ) == [(None, "history_too_short")]


def test_timeliness_counts_chinese_business_days(world, first):
    # December: 1 to 3 January off, 4 January (a Sunday) worked: business days 4, 5, 6, 7, 8 January
    rows = world.rows(
        "select slice, due_date, reported_on, timeliness from publish.mart_report_quality"
        " where dealer_id = 'huaxin' and report = 'pos' order by 1"
    )
    assert rows == [
        (day("2025-12-01"), day("2026-01-08"), day("2026-01-04"), 1),
        (day("2026-01-01"), day("2026-02-06"), day("2026-02-05"), 1),
    ]


def test_second_batch_writes_only_what_it_touches(world, first, second):
    versions = dict(
        world.rows("select slice::text, batch_id from ctl.published_slice where mart = 'fct_pos'")
    )
    assert versions == {"2025-12-01": first, "2026-01-01": second}
    assert january_money(world, "publish.fct_pos") == {
        "huaxin": Decimal(90),
        "xiaomai": Decimal(710),
    }
    assert world.one("select sum(amount) from publish.fct_pos where slice = '2025-12-01'") == 50


def test_batch_again_replaces_its_own_rows_only(world, first, second):
    before = world.rows(
        "select mart, slice, batch_id, row_count from ctl.slice_version order by 1, 2, 3"
    )
    world.build(second)
    assert (
        world.rows(
            "select mart, slice, batch_id, row_count from ctl.slice_version order by 1, 2, 3"
        )
        == before
    )


def test_past_state_is_recomputed_as_it_was_known(world, first, second):
    batch = world.open_batch(KNOWN, kind="as_known")
    world.build(batch)
    columns = "dealer_id, invoice_no, qty, amount, amount_vendor, fx_rate"
    then, now = (
        world.rows(
            f"select {columns} from marts.fct_pos where batch_id = %s order by 1, 2, row_no", b
        )
        for b in (first, batch)
    )
    assert now == then
    health = "select slice, dealer_id, product_id, sell_through, stock_value_vendor from marts.mart_inventory_health where batch_id = %s order by 1, 2, 3"
    assert world.rows(health, batch) == world.rows(health, first)


def test_readers_views_stay(world, first, second):
    oid = "select 'publish.fct_pos'::regclass::oid"
    before = world.one(oid)
    world.deploy()
    assert world.one(oid) == before
    assert world.one("select has_table_privilege('reader_of_tests', 'publish.fct_pos', 'select')")
    assert january_money(world, "publish.fct_pos") == {
        "huaxin": Decimal(90),
        "xiaomai": Decimal(710),
    }


def test_late_master_data_heals_held_lines(world, second):
    world.submit(
        "vendor", "product", [part("ZZ-9", 10)], reported_at="2026-03-01 00:00+00", mode="delta"
    )
    world.run(LATER)
    assert world.rows("select code from publish.mart_held_line") == []
    assert world.rows(
        "select on_hand_qty from publish.fct_inventory_daily where product_id = 'ACME|ZZ-9'"
    ) == [(3,)]


def test_unit_tests_pass(world):
    statuses = list(world.dbt("test", "--selector", "unit").values())
    assert len(statuses) >= 10
    assert set(statuses) == {"pass"}


def test_slice_that_becomes_empty_is_replaced_too(world, second):
    world.submit("xiaomai", "pos", [], reported_at="2026-03-02 00:00+00", period=JAN)
    world.submit("huaxin", "pos", [], reported_at="2026-03-02 00:00+00", period=JAN)
    batch = world.run(LATER)
    assert (
        world.one(
            "select row_count from ctl.slice_version where mart = 'fct_pos' and slice = '2026-01-01' and batch_id = %s",
            batch,
        )
        == 0
    )
    assert january_money(world, "publish.fct_pos") == {}


def submissions(world):
    """Full, delta, restated full, late delta, a replay: each as a call, to be made in any order."""
    incl = {"tax_basis": "incl", "tax_rate": "0.13"}
    return [
        lambda: master(world),
        lambda: december(world),
        lambda: january(world),
        lambda: world.submit("huaxin", "pos", [*JAN_POS[:2], sale("INV7", "2026-01-30", "AB-100", 4, "1.13")],
                             reported_at="2026-02-10 00:00+00", period=JAN, **incl),
        # a delta moves INV7 to February and corrects INV1
        lambda: world.submit("huaxin", "pos", [sale("INV7", "2026-02-01", "AB-100", 4, "1.13"),
                                               sale("INV1", "2026-01-05", "AB-100", 99, "1.13")],
                             reported_at="2026-02-12 00:00+00", period=(JAN[0], FEB[1]), mode="delta", **incl),
        # an older delta that comes late has nothing to say any more
        lambda: world.submit("huaxin", "pos", [sale("INV1", "2026-01-05", "AB-100", 1, "1.13")],
                             reported_at="2026-02-07 00:00+00", period=JAN, mode="delta", **incl),
        lambda: world.submit("xiaomai", "stock", [stock("2026-01-31", "AB-100", 2)],
                             reported_at="2026-02-06 00:00+00", period=(DEC[0], JAN[1])),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "order", [(0, 1, 2, 3, 4, 5, 6), (5, 4, 3, 6, 2, 1, 0), (4, 0, 6, 5, 2, 3, 1)]
)
def test_any_order_gives_the_same_marts(fresh_home, target, order):
    world = World(database_url(), target)
    world.deploy()
    calls = submissions(world)
    for number in order[:4]:
        calls[number]()
    world.run(LATER)
    for number in order[4:]:
        calls[number]()
    world.run(LATER)
    lines = {(r[1], str(r[3])): r[5] for r in world.rows(CONTENT) if r[0] == "huaxin"}
    # INV1 and INV2 stand from the restated file, the delta has the last word on INV1 and INV7
    assert lines == {
        ("INV0", "2025-12-01"): 50,
        ("INV1", "2026-01-01"): 99,
        ("INV2", "2026-01-01"): 10,
        ("INV7", "2026-02-01"): 4,
    }
    world.db.close()


def test_replay_of_the_same_bytes_takes_the_place_of_the_first_reading(fresh_home, target):
    world = World(database_url(), target)
    world.deploy()
    master(world)
    december(world)
    wrong = world.submit("huaxin", "pos", [sale("INV8", "2026-01-08", "AB-100", 1, "1")],
                         reported_at="2026-02-01 00:00+00", period=JAN)  # fmt: skip
    world.run("2026-02-02 00:00+00")
    world.submit("huaxin", "pos", [sale("INV8", "2026-01-08", "AB-100", 2, "1")], reported_at="2026-02-01 00:00+00",
                 received_at="2026-02-03 00:00+00", period=JAN, replaces=wrong)  # fmt: skip
    world.run("2026-02-04 00:00+00")
    quantity = "select qty from publish.fct_pos where invoice_no = 'INV8'"
    assert world.rows(quantity) == [(2,)]
    world.db.close()
