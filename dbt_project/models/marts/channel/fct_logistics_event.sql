with line as (
    select * from {{ ref('int_logistics_event__normalised') }}
    where held_code is null
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    line.slice,
    line.submission_id,
    line.row_no,
    line.event_id,
    line.shipment_no,
    line.dealer_id,
    line.event_code,
    line.event_ts,
    line.place,
    line.carrier
from line
where {{ in_slices('line.slice', affected_months('fct_logistics_event')) }}
