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
    """Ratio of seconds, for three queries on 1 M lines; the bare table holds the same rows.

    Once as a publication leaves it, and once as autovacuum does later: it comes by at a moment of
    its own, so here it is off.
    """
    with workplace():
        with connect(autocommit=True) as connection:
            connection.execute("alter system set autovacuum = off")
            connection.execute("select pg_reload_conf()")
        dbt("build", "--selector", "deploy")
        fill(12)
        build_and_publish()
        with connect() as connection:
            connection.execute("create table public.bare as select * from publish.fct_pos")
            connection.execute("create index on public.bare (slice)")
            connection.execute("analyze public.bare")
        found = _ratios("")
        with connect(autocommit=True) as connection:
            connection.execute("vacuum analyze")
        return found + _ratios(", vacuumed")


def _ratios(state: str) -> list[Measure]:
    return [
        at_most(f"published view ÷ bare table: {name}{state}", _ratio(query), "ratio", 1.5)
        for name, query in QUERIES.items()
    ]


def _ratio(query: str) -> float:
    """Of the medians of eleven, warm; in turns, so that other load meets both."""
    seconds: dict[str, list[float]] = {"publish.fct_pos": [], "public.bare": []}
    with connect() as connection:
        for _ in range(12):
            for table, found in seconds.items():
                with Clock() as clock:
                    connection.execute(query.replace("{t}", table)).fetchall()
                found.append(clock.seconds)
    view, bare = (sorted(found[1:])[5] for found in seconds.values())
    return view / bare
