{{ config(one_slice=true) }}

-- A price in another currency is no value in the vendor's.
with price as (
    select
        product_id,
        case when list_price_currency = '{{ var("vendor_currency") }}' then list_price end as list_price
    from {{ candidate('dim_product') }} as p
    where is_current
)

select
    item.batch_id,
    {{ date_literal(var('whole')) }} as slice,
    item.dealer_id,
    item.product_id,
    item.origin,
    item.on_hand_qty,
    item.on_order_qty,
    item.safety_stock_qty,
    item.order_up_to_qty,
    item.proposed_qty,
    cast(item.proposed_qty * price.list_price as numeric(24, 6)) as proposed_value_vendor,
    item.by_history_qty,
    item.by_market_index_qty,
    item.by_lifecycle_qty,
    item.by_safety_stock_qty,
    item.by_cap_qty,
    item.by_position_qty,
    item.by_covered_qty,
    item.by_transfer_qty,
    item.by_rounding_qty,
    item.by_allocation_qty,
    item.reason_en,
    item.reason_zh
from {{ source('planning', 'item') }} as item
left join price on item.product_id = price.product_id
where item.batch_id = {{ var('batch_id') | int }}
