"""The rebates section says what is published, to the cent."""

from decimal import Decimal

from tests.report.conftest import Published
from tests.report.test_page_numbers import rows


def _money(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))


def test_what_is_owed_stands_in_the_page_to_the_cent(published: Published) -> None:
    wanted = {
        (dealer, programme): amount
        for dealer, programme, amount in rows(
            "select dealer_id, programme, sum(amount) from publish.mart_rebate_statement group by 1, 2"
        )
    }
    found = {(row[0].split()[0], row[1]): _money(row[4]) for row in published.index.table("owed")}
    assert wanted
    assert found == wanted


def test_who_is_near_the_next_band_stands_in_the_page(published: Published) -> None:
    wanted = dict(rows(
        "select dealer_id || ' ' || programme, amount_at_next_band - amount "
        "from publish.mart_rebate_statement s where amount_at_next_band > amount and slice = "
        "(select max(o.slice) from publish.mart_rebate_statement o where o.programme = s.programme)"
    ))  # fmt: skip
    found = {
        f"{row[0].split()[0]} {row[1]}": _money(row[-1]) for row in published.index.table("near")
    }
    assert wanted
    assert found == wanted
