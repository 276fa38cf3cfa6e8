{{ config(one_slice=true) }}

with submission as (
    select * from {{ visible_submissions() }} as v
    where report = 'dealer'
),

reported as (
    select
        line.*,
        row_number() over (
            partition by line.dealer_id, line.valid_from
            order by submission.reported_at desc, submission.sha256 desc, submission.submission_id desc, line.row_no desc
        ) as recency
    from {{ ref('stg_vendor__dealer') }} as line
    inner join submission on line.submission_id = submission.submission_id
),

held as (
    select
        *,
        lead(valid_from) over (partition by dealer_id order by valid_from) as next_valid_from
    from reported
    where recency = 1
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    {{ date_literal(var('whole')) }} as slice,
    dealer_id,
    valid_from,
    cast({{ dbt.dateadd('day', -1, 'next_valid_from') }} as date) as valid_to,
    next_valid_from is null as is_current,
    dealer_name,
    parent,
    role,
    regions,
    industries,
    usc_code,
    currency,
    credit_limit,
    onboarding_date,
    dealer_status,
    submission_id,
    row_no
from held
