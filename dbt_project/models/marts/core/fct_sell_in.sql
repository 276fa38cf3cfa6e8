with line as (
    select * from {{ ref('int_sell_in__normalised') }}
    where held_code is null
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    submission_id,
    row_no,
    dealer_id,
    shipment_no,
    line_no,
    order_no,
    product_id,
    cast(qty * pieces_per_unit as numeric(18, 3)) as qty,
    reported_currency as currency,
    cast(fx_rate as numeric(18, 6)) as fx_rate,
    {{ unit_price('unit_price', 'pieces_per_unit', 'tax_divisor') }} as unit_price,
    {{ unit_price('unit_price', 'pieces_per_unit', 'tax_divisor', 'fx_rate') }} as unit_price_vendor,
    {{ amount('qty', 'unit_price', 'tax_divisor') }} as amount,
    {{ amount('qty', 'unit_price', 'tax_divisor', 'fx_rate') }} as amount_vendor,
    ship_date,
    received_date,
    lot,
    ship_to_location,
    invoice_no
from line
