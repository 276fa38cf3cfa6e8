{{ config(one_slice=true) }}

-- A table, not a view, so that the planner knows how many there are: every model joins with it.
-- A verdict counts once a batch took it up: run again, a batch sees what it saw the first time.
with submission as (
    select * from {{ source('ctl', 'submission') }}
    where
        status = 'accepted'
        and received_at <= {{ known_at() }}
),

verdict as (
    select
        submission_id,
        verdict,
        row_number() over (partition by submission_id order by verdict_id desc) as recency
    from {{ source('ctl', 'verdict') }}
    where batch_id <= {{ var('batch_id') | int }}
),

judged as (
    select submission.*
    from submission
    inner join verdict
        on
            submission.submission_id = verdict.submission_id
            and verdict.recency = 1
            and verdict.verdict in ('passed', 'warned')
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    judged.submission_id,
    judged.dealer_id,
    judged.report,
    judged.mode,
    judged.period_start,
    judged.period_end,
    judged.time_zone,
    judged.currency,
    judged.tax_basis,
    judged.tax_rate,
    judged.uom,
    judged.reported_at,
    judged.received_at,
    judged.sha256,
    row_number() over (
        partition by judged.dealer_id, judged.report
        order by judged.reported_at, judged.sha256, judged.submission_id
    ) as recency,
    judged.lines_read,
    judged.lines_quarantined,
    judged.lines_warned
from judged
where not exists (
    select 1 from judged as replay
    where replay.replaces = judged.submission_id
)
