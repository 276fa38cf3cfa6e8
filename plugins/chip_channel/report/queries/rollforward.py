"""Whether reported stock follows from its movements."""

from chip_channel.report.reading import Reader, Row


def gaps_by_month(db: Reader) -> list[Row]:
    """One row per dealer and month of the last 15: gaps and throughput in pieces, their ratio.

    Only parts whose opening and closing were reported; `parts_over` are above their tolerance.
    """
    return db.published.execute(
        """
        select
            dealer_id, slice, sum(abs(gap_qty)) as gap_qty, sum(throughput_qty) as throughput_qty,
            sum(abs(gap_qty)) / nullif(sum(throughput_qty), 0) as share,
            count(*) filter (where status = 'warn') as parts_over, count(*) as parts
        from publish.fct_inventory_rollforward
        where gap_qty is not null
            and slice > (select max(slice) from publish.fct_inventory_rollforward)
                - interval '15 months'
        group by dealer_id, slice
        order by dealer_id, slice
        """
    ).fetchall()


def statuses(db: Reader) -> list[Row]:
    """One row per status of the newest 15 months with stock reports: rows (dealer, part, month)."""
    return db.published.execute(
        """
        select status, count(*) as row_count
        from publish.fct_inventory_rollforward
        where slice >= (
            select min(slice) from publish.fct_inventory_rollforward where closing_qty is not null
        )
        group by status
        order by status
        """
    ).fetchall()


def top_gaps(db: Reader, limit: int = 20) -> list[Row]:
    """The largest gaps above tolerance of the last 3 months, with all movements in pieces.

    `value_vendor` is the gap at the mean value of the part's stock, where that is known.
    """
    return db.published.execute(
        """
        with top as (
            select
                *,
                abs(gap_qty) * closing_value_vendor / nullif(closing_qty, 0) as value_vendor
            from publish.fct_inventory_rollforward
            where status = 'warn'
                and slice > (select max(slice) from publish.fct_inventory_rollforward)
                    - interval '3 months'
            order by value_vendor desc nulls last, abs(gap_qty) desc, dealer_id, product_id, slice
            limit %s
        )
        select t.*, coalesce(d.mpn, t.product_id) as mpn
        from top as t
        left join publish.dim_product as d on d.product_id = t.product_id and d.is_current
        order by t.value_vendor desc nulls last, abs(t.gap_qty) desc, t.dealer_id, t.product_id
        """,
        (limit,),
    ).fetchall()


def dealers_with_gaps(db: Reader, limit: int = 5) -> list[Row]:
    """Dealers and months of the last 3 with gaps above tolerance: parts, pieces, their value."""
    return db.published.execute(
        """
        select
            dealer_id, slice, count(*) as parts, sum(abs(gap_qty)) as pieces,
            sum(abs(gap_qty) * closing_value_vendor / nullif(closing_qty, 0)) as amount
        from publish.fct_inventory_rollforward
        where status = 'warn'
            and slice > (select max(slice) from publish.fct_inventory_rollforward)
                - interval '3 months'
        group by dealer_id, slice
        order by amount desc nulls last, pieces desc, dealer_id, slice
        limit %s
        """,
        (limit,),
    ).fetchall()
