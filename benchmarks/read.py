"""What reading a published view costs beside the bare table."""

from chip_channel.publish.dbt import dbt
from chip_channel.warehouse import connect

from benchmarks.history import build_and_publish, fill
from benchmarks.measure import Clock, Measure, at_most, workplace

QUERIES = {
    "whole": "select dealer_id, sum(amount_vendor) from {t} group by dealer_id",
    "one month": "select sum(amount_vendor) from {t} where slice = '2026-05-01'",
    "one dealer": "select slice, sum(amount_vendor) from {t} where dealer_id = 'd007' group by slice",
}


def run() -> list[Measure]:
    """Ratio of seconds, for three queries on 1 M lines; the bare table holds the same rows."""
    with workplace():
        dbt("build", "--selector", "deploy")
        fill(12)
        build_and_publish()
        with connect() as connection:
            connection.execute("create table public.bare as select * from publish.fct_pos")
            connection.execute("create index on public.bare (slice)")
            connection.execute("analyze public.bare")
        return [
            at_most(f"published view ÷ bare table: {name}",
                    _seconds(query, "publish.fct_pos") / _seconds(query, "public.bare"), "ratio", 1.5)
            for name, query in QUERIES.items()
        ]  # fmt: skip


def _seconds(query: str, table: str) -> float:
    """Median of seven, warm."""
    found = []
    with connect() as connection:
        for _ in range(8):
            with Clock() as clock:
                connection.execute(query.replace("{t}", table)).fetchall()
            found.append(clock.seconds)
    return sorted(found[1:])[3]
