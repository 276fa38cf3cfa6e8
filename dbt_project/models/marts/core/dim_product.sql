{{ config(one_slice=true) }}

-- Master data has no period: per part the newest line holds; its history is what was reported when.
with submission as (
    select * from {{ visible_submissions() }} as v
    where report = 'product'
),

reported as (
    select
        line.*,
        submission.reported_at,
        submission.currency,
        row_number() over (
            partition by line.maker, line.mpn
            order by submission.reported_at, submission.sha256, submission.submission_id, line.row_no
        ) as sequence_no
    from {{ ref('stg_vendor__product') }} as line
    inner join submission on line.submission_id = submission.submission_id
),

compared as (
    select
        *,
        lag(line_hash) over (partition by maker, mpn order by sequence_no) as previous_hash
    from reported
),

changed as (
    select
        *,
        row_number() over (partition by maker, mpn order by sequence_no) as version_no,
        lead(reported_at) over (partition by maker, mpn order by sequence_no) as next_reported_at
    from compared
    where
        previous_hash is null
        or previous_hash <> line_hash
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    {{ date_literal(var('whole')) }} as slice,
    maker || '|' || mpn as product_id,
    cast(version_no as integer) as version_no,
    maker,
    mpn,
    family,
    spq,
    moq,
    lead_time_days,
    stage,
    launch_date,
    pcn_date,
    last_buy,
    last_ship,
    successor,
    list_price,
    currency as list_price_currency,
    aliases,
    reported_at as known_from,
    next_reported_at as known_to,
    next_reported_at is null as is_current,
    submission_id,
    row_no
from changed
