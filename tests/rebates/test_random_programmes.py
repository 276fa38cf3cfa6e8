"""Random programmes on random histories: the models against the reference, to the cent."""

import os
from datetime import date
from fractions import Fraction

from chip_channel.world import WorldFiles
from hypothesis import HealthCheck, Phase, given, settings
from support.rebate_cases import Case, cases, numbered
from support.rebate_reference import Statement, statements
from support.rebate_warehouse import STARTS, evaluate, published_facts, rates, statements_of

COUNT = int(os.environ.get("REBATE_CASES", "10000"))
TOGETHER = 2500
"""Cases that share one warehouse."""


def _drawn(count: int) -> list[Case]:
    drawn: list[Case] = []

    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(cases())
    def draw(case: Case) -> None:
        drawn.append(case)

    while len(drawn) < count:
        draw()
    return [numbered(case, n) for n, case in enumerate(drawn[:count])]


def _expected(case: Case, fx: dict[tuple[str, int], Fraction]) -> dict[tuple[str, date], Statement]:
    return statements(case.programmes, case.dealer, case.lines, fx, STARTS)


def test_ten_thousand_programmes_and_histories_differ_by_no_cent(published: WorldFiles) -> None:
    fx = rates()
    drawn = _drawn(COUNT)
    wrong: list[str] = []
    compared = paid = 0
    for first in range(0, COUNT, TOGETHER):
        together = drawn[first : first + TOGETHER]
        published_facts(together)
        found = statements_of(evaluate(together, STARTS))
        for case in together:
            expected = _expected(case, fx)
            for key, statement in expected.items():
                compared += 1
                paid += statement.amount != 0
                if found.get(key) != (statement.amount, statement.lines):
                    wrong.append(
                        f"{key}: expected {statement.amount}, got {found.get(key)}\n{case}"
                    )
                found.pop(key, None)
        assert not found, f"statements that should not be: {list(found)[:5]}"
    assert not wrong, f"{len(wrong)} of {compared} differ; the smallest:\n{min(wrong, key=len)}"
    assert paid > compared / 5, "too few statements pay anything to prove much"
    print(f"{COUNT:,} cases, {compared:,} statements, {paid:,} of them paid")
