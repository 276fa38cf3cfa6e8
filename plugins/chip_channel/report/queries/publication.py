"""What is published, since when, and what stands in the way of the next publication."""

from chip_channel.report.reading import Reader, Row

STANDING = """not exists (
            select 1 from ctl.submission as reread where reread.replaces = s.submission_id
        )"""
"""Condition on `ctl.submission as s`: no later reading of the same file took its place."""


def last(db: Reader) -> Row | None:
    """The last publication: publication_id, batch_id, published_at, known_at; None before it."""
    return db.ledger.execute(
        """
        select p.publication_id, p.batch_id, p.published_at, b.known_at
        from ctl.publication as p
        inner join ctl.batch as b on b.batch_id = p.batch_id
        order by p.publication_id desc
        limit 1
        """
    ).fetchone()


def newest_batch(db: Reader) -> Row | None:
    """The newest batch meant for readers: batch_id, status, reason, opened_at, finished_at."""
    return db.ledger.execute(
        """
        select batch_id, status, reason, opened_at, finished_at
        from ctl.batch
        where kind = 'publication'
        order by batch_id desc
        limit 1
        """
    ).fetchone()


def marts(db: Reader) -> list[Row]:
    """One row per published mart: months shown, rows, when it last changed.

    Internal models (`int_…`) have pointers too, but no reader sees them.
    """
    return db.ledger.execute(
        """
        select
            p.mart, count(*) as slices, sum(v.row_count)::bigint as row_count,
            nullif(min(p.slice), date '1900-01-01') as first_slice,
            nullif(max(p.slice), date '1900-01-01') as last_slice,
            max(p.published_at) as published_at
        from ctl.published_slice as p
        inner join ctl.slice_version as v
            on v.mart = p.mart and v.slice = p.slice and v.batch_id = p.batch_id
        where p.mart !~ '^int_'
        group by p.mart
        order by p.mart
        """
    ).fetchall()


def business_dates(db: Reader) -> list[Row]:
    """One row per report: its mart, its first and last business date, dealers and rows."""
    return db.published.execute(
        """
        select
            'pos' as report, 'fct_pos' as mart, 1 as place, min(invoice_date) as first_day,
            max(invoice_date) as last_day, count(distinct dealer_id) as dealers,
            count(*) as row_count
        from publish.fct_pos
        union all
        select
            'stock', 'fct_inventory_daily', 2, min(as_of), max(as_of), count(distinct dealer_id),
            count(*)
        from publish.fct_inventory_daily
        union all
        select
            'sell_in', 'fct_sell_in', 3, min(ship_date), max(ship_date), count(distinct dealer_id),
            count(*)
        from publish.fct_sell_in
        order by place
        """
    ).fetchall()


def dealers(db: Reader) -> list[Row]:
    """One row per dealer that has data or reports: dealer_id, name, role; by id."""
    return db.published.execute(
        """
        select
            known.dealer_id, coalesce(d.dealer_name, '') as dealer_name,
            coalesce(d.role, '') as dealer_role
        from (
            select distinct dealer_id from publish.mart_report_quality
            union
            select distinct dealer_id from publish.fct_inventory_daily
            union
            select distinct dealer_id from publish.fct_pos
        ) as known
        left join publish.dim_dealer as d on d.dealer_id = known.dealer_id and d.is_current
        order by known.dealer_id
        """
    ).fetchall()


def line_totals(db: Reader) -> Row:
    """One row: files and lines of all files ever taken in, by what became of them."""
    found = db.ledger.execute(
        """
        select
            count(*) filter (where status = 'accepted') as files_accepted,
            count(*) filter (where status = 'rejected') as files_refused,
            coalesce(sum(lines_read), 0)::bigint as lines_read,
            coalesce(sum(lines_accepted), 0)::bigint as lines_accepted,
            coalesce(sum(lines_quarantined), 0)::bigint as lines_quarantined,
            coalesce(sum(lines_skipped), 0)::bigint as lines_skipped
        from ctl.submission as s
        where """
        + STANDING
    ).fetchone()
    assert found is not None  # noqa: S101 - an aggregate returns its row
    return found


def lines_held(db: Reader) -> int:
    """Accepted lines that are kept out of the facts."""
    found = db.published.execute("select count(*) as n from publish.mart_held_line").fetchone()
    return int(found["n"]) if found else 0
