-- Lines of settled statements that count otherwise than when they were settled, and why.
with settled as (
    select
        s.slice,
        s.statement_id,
        max(settlement.batch_id) as settled_batch_id
    from {{ ref('mart_rebate_statement') }} as s
    inner join {{ source('rebate', 'settlement') }} as settlement on s.statement_id = settlement.statement_id
    where
        s.batch_id = {{ var('batch_id') | int }}
        and settlement.posted_at <= {{ known_at() }}
        and s.amount <> s.settled_before
    group by
        s.slice,
        s.statement_id
),

-- what readers saw of the slice when the numbers were proposed
pinned as (
    select
        settled.slice,
        settled.statement_id,
        settled.settled_batch_id,
        max(v.batch_id) as pinned_batch_id
    from settled
    inner join {{ source('ctl', 'slice_version') }} as v
        on
            settled.slice = v.slice
            and settled.settled_batch_id >= v.batch_id
            and v.mart = 'fct_rebate_line'
    inner join {{ source('ctl', 'batch') }} as b on v.batch_id = b.batch_id
    where b.status = 'published' and b.kind = 'publication'
    group by
        settled.slice,
        settled.statement_id,
        settled.settled_batch_id
),

old_line as (
    select
        pinned.settled_batch_id,
        line.*
    from pinned
    inner join {{ ref('fct_rebate_line') }} as line
        on
            pinned.pinned_batch_id = line.batch_id
            and pinned.slice = line.slice
            and pinned.statement_id = line.statement_id
),

new_line as (
    select
        pinned.settled_batch_id,
        line.*
    from pinned
    inner join {{ ref('fct_rebate_line') }} as line
        on
            pinned.slice = line.slice
            and pinned.statement_id = line.statement_id
    where line.batch_id = {{ var('batch_id') | int }}
),

taken_up as (
    select
        submission_id,
        min(batch_id) as batch_id
    from {{ source('ctl', 'verdict') }}
    group by submission_id
),

still_there as (
    select
        submission_id,
        row_no
    from {{ candidate('fct_pos', rebate_months()) }} as p
    union all
    select
        submission_id,
        row_no
    from {{ candidate('fct_sell_in', rebate_months()) }} as s
),

settled_key as (
    select distinct
        statement_id,
        document_no,
        line_no,
        line_type
    from old_line
),

added as (
    select
        new_line.slice,
        new_line.statement_id,
        case
            when taken_up.batch_id <= new_line.settled_batch_id then 'master_data'
            when same_key.statement_id is not null then 'restatement'
            when new_line.line_type in ('return', 'cancel') then 'return'
            else 'late'
        end as cause,
        new_line.measure,
        new_line.amount
    from new_line
    left join old_line
        on
            new_line.statement_id = old_line.statement_id
            and new_line.submission_id = old_line.submission_id
            and new_line.row_no = old_line.row_no
    left join settled_key as same_key
        on
            new_line.statement_id = same_key.statement_id
            and new_line.document_no = same_key.document_no
            and new_line.line_no = same_key.line_no
            and new_line.line_type = same_key.line_type
    left join taken_up on new_line.submission_id = taken_up.submission_id
    where old_line.statement_id is null
),

gone as (
    select
        old_line.slice,
        old_line.statement_id,
        case when still_there.row_no is not null then 'master_data' else 'restatement' end as cause,
        -old_line.measure as measure,
        -old_line.amount as amount
    from old_line
    left join new_line
        on
            old_line.statement_id = new_line.statement_id
            and old_line.submission_id = new_line.submission_id
            and old_line.row_no = new_line.row_no
    left join still_there
        on old_line.submission_id = still_there.submission_id and old_line.row_no = still_there.row_no
    where new_line.statement_id is null
),

changed as (
    select
        old_line.slice,
        old_line.statement_id,
        'master_data' as cause,
        new_line.measure - old_line.measure as measure,
        new_line.amount - old_line.amount as amount
    from old_line
    inner join new_line
        on
            old_line.statement_id = new_line.statement_id
            and old_line.submission_id = new_line.submission_id
            and old_line.row_no = new_line.row_no
    where old_line.measure <> new_line.measure
)

select * from added
union all
select * from gone
union all
select * from changed
