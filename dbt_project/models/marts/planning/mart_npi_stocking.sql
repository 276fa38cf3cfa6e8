{{ config(one_slice=true) }}

select
    batch_id,
    {{ date_literal(var('whole')) }} as slice,
    product_id,
    dealer_id,
    placed_qty,
    sold_13w_qty,
    cast(abs(placed_qty - sold_13w_qty) / nullif(sold_13w_qty, 0) as numeric(18, 6)) as placing_error,
    weeks_known,
    expected_13w_qty,
    proposed_qty,
    analogs
from {{ source('planning', 'launch') }}
where batch_id = {{ var('batch_id') | int }}
