"""What is owed to dealers, why, and what was settled."""

from collections import defaultdict

from chip_channel.report.reading import Reader, Row


def owed(db: Reader) -> list[Row]:
    """One row per dealer and programme: owed in all = settled + open + accruing."""
    return db.published.execute(
        """
        select
            dealer_id, programme, component, count(*) as statements, sum(amount) as amount,
            sum(settled) as settled,
            coalesce(sum(open_amount) filter (where state <> 'accruing'), 0) as open_amount,
            coalesce(sum(open_amount) filter (where state = 'accruing'), 0) as accruing
        from publish.mart_rebate_statement
        group by dealer_id, programme, component
        order by dealer_id, component, programme
        """
    ).fetchall()


def accrued(db: Reader) -> list[Row]:
    """What each month accrued, by programme; the newest 15 months."""
    return db.published.execute(
        """
        select month, programme, component, sum(accrued) as accrued
        from publish.mart_rebate_accrual
        where month > (select max(month) from publish.mart_rebate_accrual) - interval '15 months'
        group by month, programme, component
        order by month, programme
        """
    ).fetchall()


def near(db: Reader, limit: int = 20) -> list[Row]:
    """Who is how far from the next band in each programme's newest period, the nearest first."""
    return db.published.execute(
        """
        select
            dealer_id, programme, slice, period_end, state, unit, evaluated, to_next_band, amount,
            amount_at_next_band, amount_at_next_band - amount as gain,
            to_next_band / (evaluated + to_next_band) as missing
        from publish.mart_rebate_statement as s
        where slice = (
                select max(n.slice) from publish.mart_rebate_statement as n
                where n.programme = s.programme
            )
            and amount_at_next_band > amount and evaluated >= 0
        order by missing, gain desc, statement_id
        limit %s
        """,
        (limit,),
    ).fetchall()


def true_ups(db: Reader) -> list[Row]:
    """Why settled statements are owed another amount now: one row per cause."""
    return db.published.execute(
        """
        select
            cause, count(*) as statements, sum(greatest(amount, 0)) as paid_more,
            sum(least(amount, 0)) as taken_back, sum(amount) as amount
        from publish.mart_rebate_true_up
        group by cause
        order by abs(sum(amount)) desc, cause
        """
    ).fetchall()


def claims(db: Reader) -> list[Row]:
    """Ship-and-debit claims by outcome."""
    return db.published.execute(
        """
        select
            status, reason, count(*) as claims, sum(claim_amount) as claimed,
            sum(approved_amount) as approved, sum(over_claim) as over_claim
        from publish.mart_debit_claim
        group by status, reason
        order by status, claims desc, reason
        """
    ).fetchall()


def statements(db: Reader, limit: int = 60, lines: int = 8) -> list[Row]:
    """The newest statements, each with its largest `lines` and how much the `rest` of them is."""
    found = db.published.execute(
        "select * from publish.mart_rebate_statement "
        "order by slice desc, abs(amount) desc, statement_id limit %s",
        (limit,),
    ).fetchall()
    largest = defaultdict(list)
    for line in db.published.execute(
        """
        select ranked.*, coalesce(p.mpn, ranked.product_id) as mpn
        from (
            select *, row_number() over (
                partition by statement_id
                order by abs(amount) desc, abs(measure) desc, submission_id, row_no
            ) as place
            from publish.fct_rebate_line where statement_id = any(%s)
        ) as ranked
        left join publish.dim_product as p on p.product_id = ranked.product_id and p.is_current
        where place <= %s
        order by statement_id, place
        """,
        ([row["statement_id"] for row in found], lines),
    ):
        largest[line["statement_id"]].append(line)
    for row in found:
        row["lines"] = largest[row["statement_id"]]
        row["rest"] = row["line_count"] - len(row["lines"])
        row["rest_amount"] = row["amount"] - sum(line["amount"] for line in row["lines"])
    return found
