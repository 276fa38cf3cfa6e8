"""What the dealers sent: when, how clean, what was refused and why."""

from datetime import date

from chip_channel.report.queries.publication import STANDING
from chip_channel.report.reading import Reader, Row


def timeliness(db: Reader) -> list[Row]:
    """One row per dealer, report and month of the last 15: due and reported day, days late, score.

    Business days late are 0 for a report that came on a holiday after its due date.
    """
    return db.published.execute(
        """
        select
            dealer_id, report, slice, due_date, reported_on, business_days_late, score, accuracy
        from publish.mart_report_quality
        where slice > (select max(slice) from publish.mart_report_quality) - interval '15 months'
        order by dealer_id, report, slice
        """
    ).fetchall()


def refusals_by_month(db: Reader) -> list[Row]:
    """One row per dealer, report and month with refused files (copies aside): their codes."""
    return db.ledger.execute(
        """
        select
            dealer_id, report, date_trunc('month', period_start)::date as slice,
            count(*) as files, string_agg(distinct fatal_code, ', ') as codes
        from ctl.submission
        where status = 'rejected' and duplicate_of is null and period_start is not null
        group by 1, 2, 3
        """
    ).fetchall()


def on_time(db: Reader, known_on: date) -> list[Row]:
    """The newest two months due by `known_on`, newest first: reports expected and on time."""
    return db.published.execute(
        """
        select
            slice, max(due_date) as due_date, count(*) as expected,
            count(*) filter (where reported_on is not null and business_days_late = 0) as on_time,
            count(*) filter (where reported_on is null) as missing
        from publish.mart_report_quality
        where due_date <= %s
        group by slice
        order by slice desc
        limit 2
        """,
        (known_on,),
    ).fetchall()


def score_by_month(db: Reader) -> list[Row]:
    """One row per dealer and month: mean score of its reports (0 to 1).

    `standing` is 1 for the dealer whose newest score is the lowest.
    """
    return db.published.execute(
        """
        with score as (
            select dealer_id, slice, avg(score) as score
            from publish.mart_report_quality
            group by dealer_id, slice
        ),
        newest as (
            select distinct on (dealer_id) dealer_id, score
            from score
            order by dealer_id, slice desc
        ),
        ranked as (
            select dealer_id, row_number() over (order by score, dealer_id) as standing from newest
        )
        select s.dealer_id, s.slice, s.score, r.standing
        from score as s
        inner join ranked as r on r.dealer_id = s.dealer_id
        order by s.dealer_id, s.slice
        """
    ).fetchall()


def quality_by_dealer(db: Reader) -> list[Row]:
    """One row per dealer: newest score and its four parts (0 to 1), means of its reports."""
    return db.published.execute(
        """
        with newest as (
            select dealer_id, max(slice) as slice
            from publish.mart_report_quality
            group by dealer_id
        )
        select
            q.dealer_id, q.slice, avg(q.score) as score, avg(q.timeliness) as timeliness,
            avg(q.completeness) as completeness, avg(q.accuracy) as accuracy,
            avg(q.consistency) as consistency
        from publish.mart_report_quality as q
        inner join newest as n on n.dealer_id = q.dealer_id and n.slice = q.slice
        group by q.dealer_id, q.slice
        order by q.dealer_id
        """
    ).fetchall()


def lines_by_dealer(db: Reader) -> list[Row]:
    """One row per sender: files taken and refused, their lines by fate, the last arrival."""
    return db.ledger.execute(
        """
        select
            dealer_id, count(*) filter (where status = 'accepted') as files,
            count(*) filter (where status = 'rejected') as refused,
            sum(lines_read)::bigint as lines_read, sum(lines_accepted)::bigint as lines_accepted,
            sum(lines_quarantined)::bigint as lines_quarantined,
            sum(lines_skipped)::bigint as lines_skipped, max(reported_at) as last_at,
            sum(lines_quarantined)::numeric
                / nullif(sum(lines_accepted + lines_quarantined), 0) as quarantined_share
        from ctl.submission as s
        where """
        + STANDING
        + """
        group by dealer_id
        order by dealer_id
        """
    ).fetchall()


def held_by_dealer(db: Reader) -> list[Row]:
    """One row per dealer with held lines: how many."""
    return db.published.execute(
        "select dealer_id, count(*) as lines_held from publish.mart_held_line group by dealer_id"
    ).fetchall()


def lines_by_reason(db: Reader) -> list[Row]:
    """One row per fate and code: lines, and dealers they came from; the most lines first.

    Lines that hold no data by nature (titles, blanks, subtotals) are left out.
    """
    return db.ledger.execute(
        """
        select
            severity as fate, code, count(*) as lines, count(distinct s.dealer_id) as dealers,
            max(s.reported_at) as last_at
        from quarantine.issue as i
        inner join ctl.submission as s on s.submission_id = i.submission_id
        where i.severity <> 'skip' and """
        + STANDING
        + """
        group by severity, code
        order by lines desc, code
        """
    ).fetchall()


def held_by_reason(db: Reader) -> list[Row]:
    """One row per code of held lines: lines, and dealers they came from."""
    return db.published.execute(
        """
        select 'held' as fate, code, count(*) as lines, count(distinct dealer_id) as dealers
        from publish.mart_held_line
        group by code
        order by lines desc, code
        """
    ).fetchall()


def submissions(db: Reader, limit: int = 60) -> list[Row]:
    """The newest files, one row each: sender, report, period, arrival, lines by fate, verdict."""
    return db.ledger.execute(
        """
        select
            s.submission_id, s.dealer_id, s.report, s.file_name, s.mode, s.period_start,
            s.reported_at, s.status, s.fatal_code, s.lines_read, s.lines_accepted,
            s.lines_quarantined, s.lines_warned, v.verdict
        from ctl.submission as s
        left join lateral (
            select verdict from ctl.verdict
            where submission_id = s.submission_id
            order by verdict_id desc
            limit 1
        ) as v on true
        order by s.reported_at desc, s.submission_id desc
        limit %s
        """,
        (limit,),
    ).fetchall()


def refused(db: Reader, limit: int = 60) -> list[Row]:
    """The newest refused files, one row each, and whether a good file for the same came later."""
    return db.ledger.execute(
        """
        select
            s.submission_id, s.dealer_id, s.report, s.file_name, s.period_start, s.reported_at,
            s.fatal_code, s.fatal_detail, s.duplicate_of,
            exists (
                select 1 from ctl.submission as good
                where good.dealer_id = s.dealer_id and good.report = s.report
                    and good.status = 'accepted' and good.period_start = s.period_start
                    and good.reported_at > s.reported_at
            ) as mended
        from ctl.submission as s
        where s.status = 'rejected'
        order by s.reported_at desc, s.submission_id desc
        limit %s
        """,
        (limit,),
    ).fetchall()


def late_or_missing(db: Reader, known_on: date, limit: int = 5) -> list[Row]:
    """Reports of the newest due month that came late or not at all, one row each.

    `amount` is what the dealer sold in a month before it (vendor currency): what is not seen.
    """
    return db.published.execute(
        """
        with newest as (
            select max(slice) as slice from publish.mart_report_quality where due_date <= %s
        ),
        sold as (
            select f.dealer_id, sum(f.amount_vendor) / 3 as amount
            from publish.fct_pos as f
            inner join newest as n
                on f.slice >= n.slice - interval '3 months' and f.slice < n.slice
            group by f.dealer_id
        )
        select
            q.dealer_id, q.report, q.slice, q.due_date, q.reported_on, q.business_days_late,
            s.amount
        from publish.mart_report_quality as q
        inner join newest as n on n.slice = q.slice
        left join sold as s on s.dealer_id = q.dealer_id
        where q.reported_on is null or q.business_days_late > 0
        order by (q.reported_on is null) desc, s.amount desc nulls last, q.dealer_id, q.report
        limit %s
        """,
        (known_on, limit),
    ).fetchall()
