"""What the gates checked, what failed, and what waits for a person."""

from chip_channel.report.reading import Reader, Row


def newest_runs(db: Reader) -> list[Row]:
    """One row per gate and dataset: its newest run with the counts of its checks."""
    return db.ledger.execute(
        """
        with newest as (
            select distinct on (gate, dataset) *
            from ctl.gate_run
            order by gate, dataset, gate_run_id desc
        )
        select
            n.gate_run_id, n.gate, n.dataset, n.batch_id, n.outcome, n.rows_checked, n.run_at,
            count(c.*) as checks, count(c.*) filter (where not c.passed) as failed
        from newest as n
        left join ctl.gate_check as c on c.gate_run_id = n.gate_run_id
        group by n.gate_run_id, n.gate, n.dataset, n.batch_id, n.outcome, n.rows_checked, n.run_at
        order by array_position(array['raw', 'marts', 'publish'], n.gate), n.dataset
        """
    ).fetchall()


def failed_checks(db: Reader, limit: int = 30) -> list[Row]:
    """The newest failed checks, one row each, with what they protect."""
    return db.ledger.execute(
        """
        select
            r.gate_run_id, r.gate, r.dataset, r.batch_id, r.run_at, c.check_name, c.severity,
            c.failing_rows, c.protects, c.detail
        from ctl.gate_check as c
        inner join ctl.gate_run as r on r.gate_run_id = c.gate_run_id
        where not c.passed
        order by r.gate_run_id desc, c.severity, c.check_name
        limit %s
        """,
        (limit,),
    ).fetchall()


def blocking_checks(db: Reader, batch_id: int) -> list[Row]:
    """The checks that blocked a batch, one row each."""
    return db.ledger.execute(
        """
        select
            r.gate_run_id, r.gate, r.dataset, r.run_at, c.check_name, c.failing_rows, c.protects,
            c.detail
        from ctl.gate_run as r
        inner join ctl.gate_check as c on c.gate_run_id = r.gate_run_id
        where r.batch_id = %s and r.outcome = 'blocked' and c.severity = 'block' and not c.passed
        order by r.gate_run_id, c.check_name
        """,
        (batch_id,),
    ).fetchall()


def batches(db: Reader, limit: int = 6) -> list[Row]:
    """The newest batches that were checked or published, one row each, with what they took up."""
    return db.ledger.execute(
        """
        select
            b.batch_id, b.status, b.reason, b.opened_at, b.finished_at, p.publication_id,
            p.published_at,
            (
                select count(distinct s.slice) from ctl.batch_slice as s
                where s.batch_id = b.batch_id
            ) as months,
            (
                select count(distinct v.submission_id) from ctl.verdict as v
                where v.batch_id = b.batch_id
            ) as submissions
        from ctl.batch as b
        left join ctl.publication as p on p.batch_id = b.batch_id
        where b.kind = 'publication' and b.status in ('published', 'blocked', 'built')
        order by b.batch_id desc
        limit %s
        """,
        (limit,),
    ).fetchall()


def runs_of_batches(db: Reader, batch_ids: list[int]) -> list[Row]:
    """One row per gate run of the batches, in their order."""
    return db.ledger.execute(
        """
        select gate_run_id, gate, dataset, batch_id, outcome, rows_checked, run_at
        from ctl.gate_run
        where batch_id = any(%s)
        order by gate_run_id
        """,
        (batch_ids,),
    ).fetchall()


def intake_runs(db: Reader, limit: int = 20) -> list[Row]:
    """The newest gate runs on submissions, and the newest of those that did not pass."""
    return db.ledger.execute(
        """
        (
            select gate_run_id, gate, dataset, batch_id, outcome, rows_checked, run_at
            from ctl.gate_run
            where gate = 'raw'
            order by gate_run_id desc
            limit %(limit)s
        )
        union
        (
            select gate_run_id, gate, dataset, batch_id, outcome, rows_checked, run_at
            from ctl.gate_run
            where gate = 'raw' and outcome <> 'passed'
            order by gate_run_id desc
            limit %(limit)s
        )
        order by gate_run_id desc
        """,
        {"limit": limit},
    ).fetchall()


def checks_of_runs(db: Reader, run_ids: list[int]) -> list[Row]:
    """One row per check of the runs: severity, outcome, failing rows, what it protects."""
    return db.ledger.execute(
        """
        select gate_run_id, check_name, severity, passed, failing_rows, protects, detail
        from ctl.gate_check
        where gate_run_id = any(%s)
        order by gate_run_id, passed, severity, check_name
        """,
        (run_ids,),
    ).fetchall()


def failures_of_runs(db: Reader, run_ids: list[int], limit: int = 50) -> list[Row]:
    """Failing rows by key, at most `limit` of each check; `kept` is how many were written down."""
    return db.ledger.execute(
        """
        select gate_run_id, check_name, failing_key, kept
        from (
            select
                gate_run_id, check_name, failing_key,
                count(*) over (partition by gate_run_id, check_name) as kept,
                row_number() over (
                    partition by gate_run_id, check_name order by failing_key::text
                ) as place
            from ctl.gate_failure
            where gate_run_id = any(%s)
        ) as numbered
        where place <= %s
        order by gate_run_id, check_name, place
        """,
        (run_ids, limit),
    ).fetchall()


def files(db: Reader, submission_ids: list[int]) -> list[Row]:
    """One row per submission: submission_id and its file as `dealer/name`."""
    return db.ledger.execute(
        """
        select submission_id, dealer_id || '/' || file_name as file
        from ctl.submission
        where submission_id = any(%s)
        """,
        (submission_ids,),
    ).fetchall()


def blocked_submissions(db: Reader) -> list[Row]:
    """Files that gate 1 holds back, one row each, with the checks that blocked them."""
    return db.ledger.execute(
        """
        with newest as (
            select distinct on (submission_id) submission_id, verdict, gate_run_id, decided_at
            from ctl.verdict
            order by submission_id, verdict_id desc
        )
        select
            s.submission_id, s.dealer_id, s.report, s.file_name, s.period_start, s.reported_at,
            s.lines_read, s.lines_accepted, s.lines_quarantined, n.decided_at,
            (
                -- a file is judged alone once it blocks: its runs are named by its own rows,
                -- and the last of them by the verdict
                select string_agg(distinct c.check_name || ': ' || c.detail, chr(10))
                from ctl.gate_check as c
                inner join ctl.gate_run as r on r.gate_run_id = c.gate_run_id
                where r.gate = 'raw' and c.severity = 'block' and not c.passed
                    and (
                        c.gate_run_id = n.gate_run_id
                        or exists (
                            select 1 from ctl.gate_failure as f
                            where f.gate_run_id = c.gate_run_id and f.check_name = c.check_name
                                and f.failing_key ->> 'submission_id' = s.submission_id::text
                        )
                    )
            ) as reasons
        from newest as n
        inner join ctl.submission as s on s.submission_id = n.submission_id
        where n.verdict = 'blocked'
        order by s.reported_at desc, s.submission_id desc
        """
    ).fetchall()
