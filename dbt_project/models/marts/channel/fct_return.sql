with line as (
    select * from {{ ref('int_return__normalised') }}
    where held_code is null
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    line.slice,
    line.submission_id,
    line.row_no,
    line.dealer_id,
    line.rma_no,
    line.line_no,
    line.return_date,
    line.return_kind,
    line.product_id,
    cast(line.qty * line.pieces_per_unit as numeric(18, 3)) as qty,
    {{ amount('line.qty', 'line.credit_price', 'line.tax_divisor', 'line.fx_rate') }} as credit_amount_vendor,
    line.original_shipment,
    line.lot,
    line.reason,
    line.condition,
    line.return_status
from line
