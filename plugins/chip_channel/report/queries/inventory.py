"""Stock: cover, age, turnover, dead stock.

Pieces may be added over parts and dealers, ratios may not: each ratio is made of its sums.
"""

from chip_channel.report.reading import Reader, Row

NEWEST_COUNT = """
newest as (
    select dealer_id, max(as_of) as as_of
    from publish.fct_inventory_daily
    group by dealer_id
),
stock as (
    select
        s.dealer_id, s.product_id, s.as_of, sum(s.on_hand_qty) as on_hand,
        sum(s.in_transit_qty) as in_transit,
        bool_or(s.weeks_of_supply is not null) as has_weeks
    from publish.fct_inventory_daily as s
    inner join newest as n on n.dealer_id = s.dealer_id and n.as_of = s.as_of
    group by s.dealer_id, s.product_id, s.as_of
),
sold as (
    select
        f.dealer_id, f.product_id, sum(f.qty) / 13 as weekly,
        sum(f.amount_vendor) / 13 as weekly_amount
    from publish.fct_pos as f
    inner join newest as n
        on n.dealer_id = f.dealer_id and f.invoice_date > n.as_of - 91 and f.invoice_date <= n.as_of
    where f.slice >= (select min(as_of) - 122 from newest)
    group by f.dealer_id, f.product_id
),
-- POS of 13 weeks is there when the mart could tell the cover of any part of the dealer;
-- parts that are sold out are in no count, but they are sold
cover as (
    select
        n.dealer_id, n.as_of, coalesce(s.product_id, p.product_id) as product_id,
        coalesce(s.on_hand, 0) as on_hand, coalesce(s.in_transit, 0) as in_transit,
        coalesce(p.weekly, 0) as weekly, coalesce(p.weekly_amount, 0) as weekly_amount
    from stock as s
    full join sold as p on p.dealer_id = s.dealer_id and p.product_id = s.product_id
    inner join newest as n on n.dealer_id = coalesce(s.dealer_id, p.dealer_id)
    where n.dealer_id in (select dealer_id from stock where has_weeks)
)
"""
"""CTEs: each dealer's newest count by part, and its mean weekly sales up to that day (13 weeks)."""

NEWEST_HEALTH = """
newest as (
    select dealer_id, max(slice) as slice
    from publish.mart_inventory_health
    where stock_value_vendor is not null
    group by dealer_id
),
health as (
    select h.*
    from publish.mart_inventory_health as h
    inner join newest as n on n.dealer_id = h.dealer_id and n.slice = h.slice
)
"""
"""CTEs: the health of each dealer's newest month end."""


def weeks_of_supply(db: Reader) -> Row | None:
    """One row: pieces on hand, mean weekly POS, weeks of supply over all dealers, as-of days."""
    return db.published.execute(
        "with "
        + NEWEST_COUNT
        + """
        select
            sum(on_hand) as on_hand, sum(weekly) as weekly,
            sum(on_hand) / nullif(sum(weekly), 0) as weeks,
            count(distinct dealer_id) as dealers, min(as_of) as first_as_of,
            max(as_of) as last_as_of
        from cover
        """
    ).fetchone()


def weeks_by_family(db: Reader) -> list[Row]:
    """One row per dealer and product family: pieces on hand, mean weekly POS, weeks."""
    return db.published.execute(
        "with "
        + NEWEST_COUNT
        + """
        select
            c.dealer_id, coalesce(d.family, '?') as family, sum(c.on_hand) as on_hand,
            sum(c.weekly) as weekly, sum(c.on_hand) / nullif(sum(c.weekly), 0) as weeks
        from cover as c
        left join publish.dim_product as d on d.product_id = c.product_id and d.is_current
        group by c.dealer_id, coalesce(d.family, '?')
        order by c.dealer_id, family
        """
    ).fetchall()


def ageing(db: Reader) -> list[Row]:
    """One row per dealer and age bucket (0 youngest … 5 unknown): pieces, share of the dealer's."""
    return db.published.execute(
        """
        with newest as (
            select dealer_id, max(as_of) as as_of
            from publish.fct_inventory_daily
            group by dealer_id
        )
        select
            s.dealer_id, b.bucket, sum(b.qty) as pieces,
            sum(b.qty) / nullif(sum(sum(b.qty)) over (partition by s.dealer_id), 0) as share
        from publish.fct_inventory_daily as s
        inner join newest as n on n.dealer_id = s.dealer_id and n.as_of = s.as_of
        cross join lateral (
            values
                (0, s.age_0_30_qty), (1, s.age_31_90_qty), (2, s.age_91_180_qty),
                (3, s.age_181_365_qty), (4, s.age_over_365_qty), (5, s.age_unknown_qty)
        ) as b (bucket, qty)
        group by s.dealer_id, b.bucket
        order by s.dealer_id, b.bucket
        """
    ).fetchall()


def turnover(db: Reader) -> Row | None:
    """One row: turnover over all dealers (times a year), dealers told and dealers in all."""
    return db.published.execute(
        "with "
        + NEWEST_HEALTH
        + """
        select
            sum(cost_of_goods_12m_vendor) / nullif(sum(mean_stock_value_vendor), 0) as turnover,
            count(distinct dealer_id) filter (where turnover is not null) as told,
            count(distinct dealer_id) as dealers, max(slice) as slice
        from health
        """
    ).fetchone()


def turnover_by_month(db: Reader) -> list[Row]:
    """One row per dealer and month with a turnover (times a year), of the last 12 months.

    `age` counts the dealer's months back, 0 is the newest; `parts_told` of `parts` have a cost.
    """
    return db.published.execute(
        """
        select
            dealer_id, slice,
            sum(cost_of_goods_12m_vendor) / nullif(sum(mean_stock_value_vendor), 0) as turnover,
            count(turnover) as parts_told, count(*) as parts,
            row_number() over (partition by dealer_id order by slice desc) - 1 as age
        from publish.mart_inventory_health
        where slice > (select max(slice) from publish.mart_inventory_health) - interval '12 months'
        group by dealer_id, slice
        having count(turnover) > 0 and sum(mean_stock_value_vendor) > 0
        order by dealer_id, slice
        """
    ).fetchall()


def without_turnover(db: Reader) -> list[Row]:
    """One row per dealer without a turnover at its newest month end: the commonest reason."""
    return db.published.execute(
        "with "  # noqa: S608 - constants alone
        + NEWEST_HEALTH
        + """
        select dealer_id, mode() within group (order by turnover_reason) as reason
        from health
        group by dealer_id
        having count(turnover) = 0
        order by dealer_id
        """
    ).fetchall()


def dead_share(db: Reader) -> Row | None:
    """One row: dead value, stock value (vendor currency), their ratio, dealers told."""
    return db.published.execute(
        "with "
        + NEWEST_HEALTH
        + """
        select
            sum(dead_value_vendor) as dead_value, sum(stock_value_vendor) as stock_value,
            sum(dead_value_vendor) / nullif(sum(stock_value_vendor), 0) as share,
            count(distinct dealer_id) as told, max(slice) as slice
        from health
        where dead_value_vendor is not null
        """
    ).fetchone()


def dead_by_dealer(db: Reader) -> list[Row]:
    """One row per dealer with a value: month, dead and stock value (vendor currency), ratio."""
    return db.published.execute(
        "with "
        + NEWEST_HEALTH
        + """
        select
            dealer_id as name, slice, sum(dead_value_vendor) as dead_value,
            sum(stock_value_vendor) as stock_value,
            sum(dead_value_vendor) / nullif(sum(stock_value_vendor), 0) as share
        from health
        where dead_value_vendor is not null
        group by dealer_id, slice
        having sum(stock_value_vendor) > 0
        order by share desc, dealer_id
        """
    ).fetchall()


def dead_by_family(db: Reader) -> list[Row]:
    """One row per product family: dead value, stock value (vendor currency), their ratio."""
    return db.published.execute(
        "with "
        + NEWEST_HEALTH
        + """
        select
            coalesce(d.family, '?') as name, sum(h.dead_value_vendor) as dead_value,
            sum(h.stock_value_vendor) as stock_value,
            sum(h.dead_value_vendor) / nullif(sum(h.stock_value_vendor), 0) as share
        from health as h
        left join publish.dim_product as d on d.product_id = h.product_id and d.is_current
        where h.dead_value_vendor is not null
        group by coalesce(d.family, '?')
        having sum(h.stock_value_vendor) > 0
        order by share desc, name
        """
    ).fetchall()


def top_dead_parts(db: Reader, limit: int = 15) -> list[Row]:
    """The dead parts of the largest value, one row per dealer and part, with the last sale."""
    return db.published.execute(
        "with "  # noqa: S608 - constants alone
        + NEWEST_HEALTH
        + """,
        top as (
            select h.dealer_id, h.product_id, h.slice, h.dead_value_vendor
            from health as h
            where h.dead_value_vendor > 0
            order by h.dead_value_vendor desc, h.dealer_id, h.product_id
            limit %s
        )
        select
            t.*, d.maker, coalesce(d.mpn, t.product_id) as mpn, d.family, d.stage,
            r.closing_qty as pieces,
            (
                select max(f.invoice_date) from publish.fct_pos as f
                where f.dealer_id = t.dealer_id and f.product_id = t.product_id and f.qty > 0
            ) as last_sale
        from top as t
        left join publish.dim_product as d on d.product_id = t.product_id and d.is_current
        left join publish.fct_inventory_rollforward as r
            on r.dealer_id = t.dealer_id and r.product_id = t.product_id and r.slice = t.slice
        order by t.dead_value_vendor desc, t.dealer_id, t.product_id
        """,
        (limit,),
    ).fetchall()


def running_out(db: Reader, limit: int = 15) -> list[Row]:
    """Parts whose stock and goods in transit end before a replenishment can come.

    One row per dealer and part: weeks of supply with what is in transit, weeks to replenish, and
    the sales (vendor currency) of the weeks in between; the largest first.
    """
    return db.published.execute(
        "with "  # noqa: S608 - constants alone
        + NEWEST_COUNT
        + """,
        short as (
            select
                c.dealer_id, c.product_id, c.as_of, c.on_hand, c.in_transit, c.weekly,
                (c.on_hand + c.in_transit) / c.weekly as weeks, d.mpn, d.family,
                d.lead_time_days / 7.0 as lead_weeks, c.weekly_amount
            from cover as c
            inner join publish.dim_product as d on d.product_id = c.product_id and d.is_current
            where c.weekly > 0 and d.stage in ('ACTIVE', 'NPI')
        )
        select *, (lead_weeks - weeks) * weekly_amount as amount
        from short
        where weeks < lead_weeks
        order by amount desc nulls last, dealer_id, product_id
        limit %s
        """,
        (limit,),
    ).fetchall()
