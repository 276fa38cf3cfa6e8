{{ config(one_slice=true) }}

select
    batch_id,
    {{ date_literal(var('whole')) }} as slice,
    product_id,
    last_buy,
    last_ship,
    remaining_weeks,
    remaining_mean_qty,
    service_level,
    position_qty,
    last_buy_qty,
    expected_left_over_qty
from {{ source('planning', 'last_buy') }}
where batch_id = {{ var('batch_id') | int }}
