with line as (
    select * from {{ ref('int_enablement_event__normalised') }}
    where held_code is null
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    line.slice,
    line.submission_id,
    line.row_no,
    line.event_id,
    line.dealer_id,
    line.event_kind,
    line.opened_at,
    line.first_reply_at,
    line.closed_at,
    line.product_id,
    line.end_customer,
    line.topic,
    line.outcome,
    line.csat
from line
