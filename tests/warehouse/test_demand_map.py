"""Who reads the demand map cannot work out the figure of fewer dealers than the map promises."""

import random
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from itertools import combinations

import numpy as np
import pytest
from chip_channel.warehouse import database_url
from history import dealer, part, sale
from world import World, day

LEAST = 3
LEVELS = ("country", "area", "industry", "family", "region")
REGIONS = {"CN-SH": "east", "CN-JS": "east", "CN-GD": "central-south", "CN-GX": "central-south",
           "CN-BJ": "north", "DE-BY": "DE"}  # fmt: skip
MONTHS = (("2025-10-01", "2025-10-31"), ("2025-11-01", "2025-11-30"), ("2025-12-01", "2025-12-31"),
          ("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-28"))  # fmt: skip


def lines() -> dict[str, list[dict]]:
    """Nine dealers that sell here and there, some every week, some now and then."""
    chance = random.Random(7)  # noqa: S311 - a test
    sold: dict[str, list[dict]] = {f"d{n}": [] for n in range(9)}
    for n, who in enumerate(sold):
        # some have a region and an industry of their own
        regions = ["DE-BY"] if n == 8 else chance.sample(list(REGIONS)[:5], 3)
        places = [(r, i, p) for r in regions for i in ("auto", "energy", "medical") for p in ("AB-100", "CD-200")
                  if chance.random() < 0.8]  # fmt: skip
        for week in range(20):
            for region, industry, mpn in places:
                if chance.random() < (0.97 if n < 6 else 0.8):
                    monday = day("2025-10-06") + timedelta(days=7 * week)
                    sold[who].append(sale(
                        f"{who}-{len(sold[who])}", str(monday + timedelta(days=chance.randrange(7))), mpn,
                        chance.randrange(1, 10_000), "1", ship_to_region=region, ship_to_country=region[:2],
                        end_application=industry,
                    ))  # fmt: skip
    return sold


@pytest.fixture(scope="module")
def world(home, tmp_path_factory):
    world = World(database_url(), tmp_path_factory.mktemp("dbt"))
    world.deploy()
    world.submit("vendor", "product", [part("AB-100", 100) | {"family": "F1"}, part("CD-200", 100) | {"family": "F2"}],
                 reported_at="2025-10-01 00:00+00")  # fmt: skip
    world.submit(
        "vendor",
        "dealer",
        [dealer(f"d{n}", "core") for n in range(9)],
        reported_at="2025-10-01 00:00+00",
    )
    for who, sold in lines().items():
        for first, last in MONTHS:
            mine = [line for line in sold if first <= line["invoice_date"] <= last]
            world.submit(who, "pos", mine, reported_at="2026-03-02 00:00+00", period=(first, last))
    world.run("2026-03-03 00:00+00")
    yield world
    world.db.close()


@pytest.fixture(scope="module")
def truth(world):
    """Week → leaf → dealer → pieces."""
    found = defaultdict(lambda: defaultdict(lambda: defaultdict(Decimal)))
    for week, country, industry, product, region, who, qty in world.rows(
        "select date_trunc('week', invoice_date)::date, ship_to_country, end_application, product_id,"
        " ship_to_region, dealer_id, qty from publish.fct_pos"
    ):
        family = {"ACME|AB-100": "F1", "ACME|CD-200": "F2"}[product]
        found[week][(country, REGIONS[region], industry, family, region)][who] += qty
    return found


@pytest.fixture(scope="module")
def shown(world):
    """Week → cell (a beginning of a leaf) → pieces, as readers see it."""
    found = defaultdict(dict)
    for level, week, qty, *cell in world.rows(
        "select cell_level, week, qty, country, area, industry, family, region"
        " from publish.mart_demand_heat where not is_suppressed"
    ):
        found[week][tuple(cell[: LEVELS.index(level) + 1])] = qty
    return found


def naive(truth):
    """A map that closes cells of few dealers and nothing else."""
    found = {}
    for week, leaves in truth.items():
        dealers = defaultdict(set)
        for leaf, by_dealer in leaves.items():
            for depth in range(1, 6):
                dealers[leaf[:depth]] |= set(by_dealer)
        found[week] = {c: None for c, who in dealers.items() if len(who) >= LEAST}
    return found


def told_by_arithmetic(cells, leaves):
    """Dealers, fewer than LEAST, of whose sales alone some sum of shown figures consists; None if there are none."""
    unknown = [(leaf, who) for leaf, by_dealer in leaves.items() for who in by_dealer]
    rows = np.array([[float(leaf[: len(c)] == c) for leaf, _ in unknown] for c in cells])
    rank = np.linalg.matrix_rank(rows) if len(cells) else 0
    everyone = sorted({who for _, who in unknown})
    for few in combinations(everyone, min(LEAST - 1, len(everyone))):
        others = [n for n, (_, who) in enumerate(unknown) if who not in few]
        if len(cells) and (np.linalg.matrix_rank(rows[:, others]) if others else 0) < rank:
            return few
    return None


def atoms(cells, leaves):
    """What each shown cell holds beyond the shown cells in it: sets of leaves."""
    found = defaultdict(set)
    for leaf in leaves:
        within = [leaf[:d] for d in range(5, 0, -1) if leaf[:d] in cells]
        if within:
            found[within[0]].add(leaf)
    return list(found.values())


def told_by_the_week_before(before, now, leaves_before, leaves_now):
    """Dealers, fewer than LEAST, that came to or left the parts of a sum that both weeks tell; None if there are none."""
    leaves = {*leaves_before, *leaves_now}
    parts = [(0, a) for a in atoms(before, leaves)] + [(1, a) for a in atoms(now, leaves)]
    while parts:
        joined = {parts[0][0]: set(parts.pop(0)[1])}
        reach = set().union(*joined.values())
        while touching := [p for p in parts if p[1] & reach]:
            for p in touching:
                parts.remove(p)
                joined.setdefault(p[0], set()).update(p[1])
                reach |= p[1]
        if joined.get(0) == joined.get(1):
            changed = set()
            for part in (a for a in atoms(now, leaves) if a <= reach):
                then = {who for leaf in part for who in leaves_before.get(leaf, {})}
                today = {who for leaf in part for who in leaves_now.get(leaf, {})}
                changed |= then ^ today
            if 0 < len(changed) < LEAST:
                return changed
    return None


def weeks(truth):
    """Weeks with the one before."""
    return [(w, w - timedelta(days=7)) for w in sorted(truth) if w - timedelta(days=7) in truth]


def test_the_world_has_cells_of_all_kinds(shown, truth):
    cells = [(week, c) for week in shown for c in shown[week]]
    assert {len(c) for _, c in cells} >= {1, 2, 3, 4}
    wide = sum(len(c) for c in naive(truth).values())
    assert 0 < len(cells) < wide  # cells of enough dealers are closed to guard others


def test_what_is_shown_is_the_sum_of_its_sales(shown, truth):
    for week, cells in shown.items():
        for cell, qty in cells.items():
            assert qty == sum(
                sum(d.values()) for leaf, d in truth[week].items() if leaf[: len(cell)] == cell
            )


def test_no_sum_of_figures_tells_of_few_dealers(shown, truth):
    assert {week: told_by_arithmetic(shown[week], truth[week]) for week in shown} == dict.fromkeys(
        shown
    )


def test_no_week_tells_of_few_that_came_or_left(shown, truth):
    for now, before in weeks(truth):
        assert (
            told_by_the_week_before(shown[before], shown[now], truth[before], truth[now]) is None
        ), now


def test_closing_cells_of_few_dealers_alone_would_tell(truth):
    """The two attacks find what they are for."""
    open_map = naive(truth)
    assert any(told_by_arithmetic(open_map[w], truth[w]) for w in truth)
    assert any(
        told_by_the_week_before(open_map[before], open_map[now], truth[before], truth[now])
        for now, before in weeks(truth)
    )


def test_index_and_growth_follow_from_what_is_shown(world, shown):
    found = world.rows(
        "select cell_level, week, demand_index, growth, country, area, industry, family, region"
        " from publish.mart_demand_heat"
    )
    assert any(row[2] is not None for row in found)
    for level, week, index, growth, *names in found:
        cell = tuple(names[: LEVELS.index(level) + 1])
        qty = shown[week].get(cell) if week in shown else None
        for value, weeks_back, of in (
            (index, 13, lambda q, m: 100 * q / m),
            (growth, 4, lambda q, m: q / m - 1),
        ):
            past = [
                shown.get(week - timedelta(days=7 * n), {}).get(cell)
                for n in range(1, weeks_back + 1)
            ]
            if qty is None or None in past:
                assert value is None
            else:
                assert abs(value - of(qty, sum(past) / weeks_back)) < Decimal("0.001")


def test_withheld_rows_carry_no_figure(world):
    assert world.rows(
        "select count(*) from publish.mart_demand_heat where is_suppressed"
        " and (qty, dealers, customers, demand_index, growth) is distinct from (null, null, null, null, null)"
    ) == [(0,)]
