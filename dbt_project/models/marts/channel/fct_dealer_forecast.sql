with line as (
    select * from {{ ref('int_dealer_forecast__normalised') }}
    where held_code is null
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    line.slice,
    line.submission_id,
    line.row_no,
    line.reported_by as dealer_id,
    line.product_id,
    line.week,
    line.submitted_on,
    cast(line.qty * line.pieces_per_unit as numeric(18, 3)) as qty
from line
