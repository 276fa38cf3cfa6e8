with line as (
    select * from {{ ref('int_quality_feedback__normalised') }}
    where held_code is null
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    line.slice,
    line.submission_id,
    line.row_no,
    line.event_id,
    line.dealer_id,
    line.detected_at,
    line.product_id,
    line.lot,
    line.serial,
    line.end_customer,
    line.failure_code,
    line.qty_failed,
    line.qty_inspected,
    line.disposition
from line
