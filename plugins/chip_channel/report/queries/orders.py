"""How the vendor serves order lines: from entry to the dealer's door."""

from chip_channel.report.reading import Reader, Row


def months(db: Reader, within: float, limit: int = 18) -> list[Row]:
    """One row per month of the order, the newest first; `within` is the hours to accept in."""
    return db.published.execute(
        """
        select
            slice, count(*) as lines, count(accepted_hours) as accepted_lines,
            avg(accepted_hours) as mean_hours,
            percentile_cont(0.5) within group (order by accepted_hours) as median_hours,
            percentile_cont(0.9) within group (order by accepted_hours) as p90_hours,
            avg((accepted_hours <= %s)::int) as within_target,
            count(on_time_in_full) as judged_lines,
            avg(on_time_in_full::int) as on_time_share,
            count(*) filter (where promise_slip_days > 0) as slipped_lines,
            avg(promise_slip_days) as slip_days,
            percentile_cont(0.5) within group (order by door_to_door_hours) as door_hours,
            count(*) filter (where backlog_qty > 0) as backlog_lines,
            coalesce(sum(backlog_amount_vendor) filter (where backlog_qty > 0), 0) as backlog_amount,
            count(*) filter (where state = 'overdue') as overdue_lines,
            count(*) filter (where open_exceptions > 0) as exception_lines
        from publish.mart_order_sla
        group by slice
        order by slice desc
        limit %s
        """,
        (within, limit),
    ).fetchall()


def in_trouble(db: Reader, limit: int = 25) -> list[Row]:
    """Lines that are overdue or stand at an exception, the longest due first; `lines`: in all."""
    return db.published.execute(
        """
        select
            s.*, coalesce(p.mpn, s.product_id) as mpn, count(*) over () as lines,
            (select (max(slice) + interval '1 month')::date - 1 from publish.mart_order_sla)
                - s.due_date as days_over
        from publish.mart_order_sla as s
        left join publish.dim_product as p on p.product_id = s.product_id and p.is_current
        where s.state = 'overdue' or s.open_exceptions > 0
        order by s.state <> 'overdue', s.due_date, s.backlog_amount_vendor desc, s.dealer_id,
            s.order_no, s.line_no
        limit %s
        """,
        (limit,),
    ).fetchall()


def overdue_by_dealer(db: Reader, limit: int) -> list[Row]:
    """Dealers that wait for overdue lines, the most money first."""
    return db.published.execute(
        """
        select
            dealer_id, count(*) as lines, min(due_date) as due_since,
            sum(backlog_amount_vendor) as amount
        from publish.mart_order_sla
        where state = 'overdue'
        group by dealer_id
        order by amount desc nulls last, dealer_id
        limit %s
        """,
        (limit,),
    ).fetchall()
