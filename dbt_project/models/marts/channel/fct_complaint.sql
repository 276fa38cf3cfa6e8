with line as (
    select * from {{ ref('int_complaint__normalised') }}
    where held_code is null
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    line.slice,
    line.submission_id,
    line.row_no,
    line.event_id,
    line.dealer_id,
    line.complaint_kind,
    line.against_dealer_id,
    line.region,
    line.product_id,
    line.opened_on,
    line.closed_on,
    line.outcome
from line
