"""The demand map: what may be shown of it."""

from datetime import date

from chip_channel.report.reading import Reader, Row

LEVELS = ("country", "area", "industry", "family", "region")


def weeks(db: Reader, limit: int = 13) -> list[date]:
    """The newest weeks, the oldest first."""
    found = db.published.execute(
        "select distinct week from publish.mart_demand_heat order by week desc limit %s", (limit,)
    ).fetchall()
    return sorted(row["week"] for row in found)


def cells(db: Reader, since: date) -> list[Row]:
    """One row per cell of the tree and week; a withheld cell has a place and no figure.

    Of countries and areas all cells, of what is below only those that are shown in one of the weeks.
    """
    return db.published.execute(
        """
        with heat as (
            select
                *, bool_or(not is_suppressed) over (
                    partition by country, area, industry, family, region
                ) as ever_shown
            from publish.mart_demand_heat
            where week >= %s
        )
        select
            cell_level, country, area, industry, family, region, week, is_suppressed,
            case when not is_suppressed then qty end as qty,
            case when not is_suppressed then dealers end as dealers,
            case when not is_suppressed then demand_index end as demand_index,
            case when not is_suppressed then growth end as growth
        from heat
        where ever_shown or cell_level in ('country', 'area')
        order by
            country, area <> 'all', area, industry <> 'all', industry, family <> 'all', family,
            region <> 'all', region, week
        """,
        (since,),
    ).fetchall()


def withheld(db: Reader, since: date) -> list[Row]:
    """By level: cells in all, and how many are withheld."""
    return db.published.execute(
        """
        select
            cell_level, count(*) as cells, count(*) filter (where is_suppressed) as withheld,
            count(distinct (country, area, industry, family, region)) as places
        from publish.mart_demand_heat
        where week >= %s
        group by cell_level
        order by array_position(%s::text[], cell_level)
        """,
        (since, list(LEVELS)),
    ).fetchall()
