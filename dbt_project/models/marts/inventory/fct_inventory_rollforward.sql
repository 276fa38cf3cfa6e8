{%- set months = affected_months('fct_inventory_rollforward') %}
{%- set stock_months = months_with(months, back=1) %}
{%- set ship_months = months_with(months, back=var('transit_months')) %}
with stock as (
    select
        slice,
        dealer_id,
        location_id,
        product_id,
        as_of,
        on_hand_qty + consigned_qty as physical_qty,
        on_hand_qty,
        uncosted_qty,
        value_vendor,
        max(as_of) over (partition by slice, dealer_id, location_id) as last_as_of
    from {{ candidate('fct_inventory_daily', stock_months) }} as i
),

-- A part that a store's last count does not name is not there.
closing as (
    select
        slice,
        dealer_id,
        product_id,
        sum(physical_qty) as closing_qty,
        sum(on_hand_qty) as on_hand_qty,
        sum(on_hand_qty - uncosted_qty) as costed_qty,
        sum(value_vendor) as value_vendor
    from stock
    where as_of = last_as_of
    group by
        slice,
        dealer_id,
        product_id
),

reported as (
    select distinct
        slice,
        dealer_id
    from stock
),

receipt as (
    select
        {{ month_of('received_date') }} as slice,
        dealer_id,
        product_id,
        sum(qty) as receipt_qty
    from {{ ref('int_receipt__unioned') }}
    where
        {{ in_slices('slice', ship_months) }}
        and {{ in_months('received_date', months) }}
    group by
        {{ month_of('received_date') }},
        dealer_id,
        product_id
),

pos as (
    select
        slice,
        dealer_id,
        product_id,
        sum(case when line_type = 'return' then 0 else qty end) as pos_qty,
        sum(case when line_type = 'return' then -qty else 0 end) as customer_return_qty,
        sum(coalesce(cost_amount_vendor, 0)) as cost_vendor,
        sum(case when cost_amount_vendor is null then 0 else qty end) as costed_qty,
        sum(case when cost_amount_vendor is null then qty else 0 end) as uncosted_qty,
        max(case when line_type in ('sale', 'sample') then invoice_date end) as last_sale_date
    from {{ candidate('fct_pos', months) }} as p
    group by
        slice,
        dealer_id,
        product_id
),

-- what is only asked for, or refused, is still there
vendor_return as (
    select
        slice,
        dealer_id,
        product_id,
        sum(qty) as vendor_return_qty
    from {{ candidate('fct_return', months) }} as r
    where return_status not in ('requested', 'refused')
    group by
        slice,
        dealer_id,
        product_id
),

item as (
    select
        slice,
        dealer_id,
        product_id
    from closing
    where {{ in_slices('slice', months) }}
    union
    select
        cast({{ dbt.dateadd('month', 1, 'slice') }} as date) as slice,
        dealer_id,
        product_id
    from closing
    where closing_qty <> 0
    union
    select
        slice,
        dealer_id,
        product_id
    from receipt
    union
    select
        slice,
        dealer_id,
        product_id
    from pos
    union
    select
        slice,
        dealer_id,
        product_id
    from vendor_return
),

assembled as (
    select
        item.slice,
        item.dealer_id,
        item.product_id,
        case when reported_before.dealer_id is not null then coalesce(opening.closing_qty, 0) end as opening_qty,
        coalesce(receipt.receipt_qty, 0) as receipt_qty,
        coalesce(pos.pos_qty, 0) as pos_qty,
        coalesce(pos.customer_return_qty, 0) as customer_return_qty,
        coalesce(vendor_return.vendor_return_qty, 0) as vendor_return_qty,
        -- no report brings these
        0 as adjustment_qty,
        case when reported_now.dealer_id is not null then coalesce(closing.closing_qty, 0) end as closing_qty,
        case when reported_now.dealer_id is not null then coalesce(closing.on_hand_qty, 0) end as on_hand_qty,
        closing.value_vendor,
        closing.costed_qty,
        coalesce(
            closing.value_vendor / nullif(closing.costed_qty, 0),
            opening.value_vendor / nullif(opening.costed_qty, 0)
        ) as stock_cost,
        pos.cost_vendor / nullif(pos.costed_qty, 0) as pos_cost,
        coalesce(pos.cost_vendor, 0) as cost_vendor,
        coalesce(pos.uncosted_qty, 0) as pos_uncosted_qty,
        pos.last_sale_date
    from item
    left join closing
        on item.slice = closing.slice and item.dealer_id = closing.dealer_id and item.product_id = closing.product_id
    left join closing as opening
        on
            item.slice = {{ dbt.dateadd('month', 1, 'opening.slice') }}
            and item.dealer_id = opening.dealer_id
            and item.product_id = opening.product_id
    left join receipt
        on item.slice = receipt.slice and item.dealer_id = receipt.dealer_id and item.product_id = receipt.product_id
    left join pos
        on item.slice = pos.slice and item.dealer_id = pos.dealer_id and item.product_id = pos.product_id
    left join vendor_return
        on
            item.slice = vendor_return.slice
            and item.dealer_id = vendor_return.dealer_id
            and item.product_id = vendor_return.product_id
    left join reported as reported_now
        on item.slice = reported_now.slice and item.dealer_id = reported_now.dealer_id
    left join reported as reported_before
        on
            item.slice = {{ dbt.dateadd('month', 1, 'reported_before.slice') }}
            and item.dealer_id = reported_before.dealer_id
    where {{ in_slices('item.slice', months) }}
),

-- Goods without a reported cost are taken at the mean cost of the same part at the same dealer;
-- where there is none the value stays empty.
valued as (
    select
        *,
        opening_qty + receipt_qty - pos_qty + customer_return_qty - vendor_return_qty + adjustment_qty as calculated_qty,
        abs(receipt_qty) + abs(pos_qty) + abs(customer_return_qty) + abs(vendor_return_qty) as throughput_qty,
        case
            when on_hand_qty = 0 then 0
            when on_hand_qty = costed_qty then value_vendor
            else value_vendor + (on_hand_qty - costed_qty) * coalesce(stock_cost, pos_cost)
        end as closing_value_vendor,
        case
            when pos_uncosted_qty = 0 then cost_vendor
            else cost_vendor + pos_uncosted_qty * coalesce(pos_cost, stock_cost)
        end as cost_of_goods_vendor
    from assembled
),

judged as (
    select
        valued.*,
        valued.closing_qty - valued.calculated_qty as gap_qty,
        greatest(valued.throughput_qty * 0.01, part.spq) as tolerance_qty
    from valued
    left join {{ candidate('dim_product') }} as part
        on valued.product_id = part.product_id and part.is_current
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    dealer_id,
    product_id,
    cast(opening_qty as numeric(18, 3)) as opening_qty,
    cast(receipt_qty as numeric(18, 3)) as receipt_qty,
    cast(pos_qty as numeric(18, 3)) as pos_qty,
    cast(customer_return_qty as numeric(18, 3)) as customer_return_qty,
    cast(vendor_return_qty as numeric(18, 3)) as vendor_return_qty,
    cast(adjustment_qty as numeric(18, 3)) as adjustment_qty,
    cast(calculated_qty as numeric(18, 3)) as calculated_qty,
    cast(closing_qty as numeric(18, 3)) as closing_qty,
    cast(gap_qty as numeric(18, 3)) as gap_qty,
    cast(throughput_qty as numeric(18, 3)) as throughput_qty,
    cast(tolerance_qty as numeric(18, 3)) as tolerance_qty,
    case
        when closing_qty is null then 'no_closing'
        when opening_qty is null then 'no_opening'
        when abs(gap_qty) <= tolerance_qty then 'ok'
        else 'warn'
    end as status,
    cast(round(closing_value_vendor, 6) as numeric(24, 6)) as closing_value_vendor,
    cast(round(cost_of_goods_vendor, 6) as numeric(24, 6)) as cost_of_goods_vendor,
    last_sale_date
from judged
