"""The channel as published: scorecards, structure, reconciliation, prices."""

from chip_channel.report.reading import Reader, Row


def scorecard(db: Reader) -> list[Row]:
    """The newest month's scorecards with the tier, the lowest score first."""
    return db.published.execute(
        """
        select
            h.*, t.tier_status, t.score as tier_score, t.tier as tier_in_force, t.next_tier,
            t.gap_to_next, t.override_reason, t.assessed_until
        from publish.mart_channel_health as h
        left join publish.mart_tier as t on t.dealer_id = h.dealer_id and t.slice = h.slice
        where h.slice = (select max(slice) from publish.mart_channel_health)
        order by h.score, h.dealer_id
        """
    ).fetchall()


def scores(db: Reader, months: int = 15) -> list[Row]:
    """Score, level and what moved it, by dealer and month; the newest months."""
    return db.published.execute(
        """
        select dealer_id, slice, score, level, score_change, moved_by
        from publish.mart_channel_health
        where slice > (select max(slice) from publish.mart_channel_health) - make_interval(months => %s)
        order by dealer_id, slice
        """,
        (months,),
    ).fetchall()


def at_risk(db: Reader, limit: int) -> list[Row]:
    """Dealers at risk in the newest month, the largest first."""
    return db.published.execute(
        """
        select dealer_id, slice, score, score_change, moved_by, pos_amount_vendor
        from publish.mart_channel_health
        where level = 'at_risk' and slice = (select max(slice) from publish.mart_channel_health)
        order by pos_amount_vendor desc nulls last, dealer_id
        limit %s
        """,
        (limit,),
    ).fetchall()


def structure(db: Reader, months: int = 15) -> list[Row]:
    """One row per month, the newest first."""
    return db.published.execute(
        "select * from publish.mart_channel_structure order by slice desc limit %s", (months,)
    ).fetchall()


def legs(db: Reader, months: int = 3) -> list[Row]:
    """One row per leg: the newest months together, and what all published months leave unmatched."""
    return db.published.execute(
        """
        with newest as (
            select max(slice) - make_interval(months => %s - 1) as since
            from publish.mart_reconciliation
        )
        select
            leg, min(slice) filter (where slice >= since) as since, max(slice) as until,
            coalesce(sum(lines) filter (where slice >= since), 0) as lines,
            sum(left_amount_vendor) filter (where slice >= since) as left_amount,
            sum(right_amount_vendor) filter (where slice >= since) as right_amount,
            sum(gap_amount_vendor) filter (where slice >= since) as gap_amount,
            sum(explained_amount_vendor) filter (where slice >= since) as explained_amount,
            sum(unmatched_amount_vendor) filter (where slice >= since) as unmatched_amount,
            coalesce(sum(unmatched_lines) filter (where slice >= since), 0) as unmatched_lines,
            sum(unmatched_amount_vendor) as unmatched_ever, sum(unmatched_lines) as unmatched_lines_ever
        from publish.mart_reconciliation cross join newest
        group by leg
        order by leg
        """,
        (months,),
    ).fetchall()


def differences(db: Reader, months: int = 3) -> list[Row]:
    """Every difference of the newest months by its name; what nobody explained first."""
    return db.published.execute(
        """
        select slice, dealer_id, leg, difference, is_unmatched, lines, left_amount_vendor,
            right_amount_vendor, gap_amount_vendor
        from publish.fct_reconciliation
        where difference <> 'matched' and slice >= (
            select max(slice) - make_interval(months => %s - 1) from publish.fct_reconciliation
        )
        order by is_unmatched desc, slice desc, abs(gap_amount_vendor) desc, dealer_id, leg, difference
        """,
        (months,),
    ).fetchall()


def price_checks(db: Reader, months: int = 12) -> list[Row]:
    """One row per dealer: lines checked, and lines with a finding, of the newest months."""
    return db.published.execute(
        """
        select
            dealer_id, min(slice) as since, max(slice) as until, sum(sale_lines) as sale_lines,
            sum(corridor_lines) as corridor_lines, sum(below_lines) as below_lines,
            sum(above_lines) as above_lines, sum(cost_lines) as cost_lines,
            sum(below_cost_lines) as below_cost_lines, sum(spa_lines) as spa_lines,
            sum(spa_misuse_lines) as spa_misuse_lines,
            sum(outside_amount_vendor) as outside_amount
        from publish.mart_price_check
        where slice > (select max(slice) from publish.mart_price_check) - make_interval(months => %s)
        group by dealer_id
        order by sum(below_lines + above_lines + below_cost_lines + spa_misuse_lines) desc, dealer_id
        """,
        (months,),
    ).fetchall()


def price_lines(db: Reader, limit: int = 20) -> list[Row]:
    """The worst lines of all months: by what they are away from the corridor or below cost, in money.

    `lines` is how many there are in all.
    """
    return db.published.execute(
        """
        select
            c.*, coalesce(p.mpn, c.product_id) as mpn, count(*) over () as lines,
            greatest(
                abs(coalesce(c.deviation_amount_vendor, 0)),
                case when c.is_below_cost
                    then c.qty * (c.book_cost_vendor - c.resale_price_vendor) else 0 end
            ) as away
        from publish.mart_price_corridor as c
        left join publish.dim_product as p on p.product_id = c.product_id and p.is_current
        order by away desc, c.slice desc, c.submission_id, c.row_no
        limit %s
        """,
        (limit,),
    ).fetchall()
