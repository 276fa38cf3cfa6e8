{{ config(one_slice=true) }}

select
    batch_id,
    {{ date_literal(var('whole')) }} as slice,
    dealer_id,
    product_id,
    origin,
    demand_class,
    recipe,
    policy,
    fallback,
    lead_time_weeks,
    review_weeks,
    window_mean_qty,
    window_p50_qty,
    window_p90_qty,
    window_p95_qty,
    stock_as_of,
    on_hand_qty,
    on_order_qty,
    stock_out_probability,
    safety_stock_qty,
    order_up_to_qty,
    cap_qty
from {{ source('planning', 'item') }}
where batch_id = {{ var('batch_id') | int }}
