{%- set months = affected_months('fct_demand_weekly') %}
with sold as (
    select
        slice,
        dealer_id,
        product_id,
        cast({{ dbt.date_trunc('week', 'invoice_date') }} as date) as week,
        sum(case when line_type = 'sale' then qty else 0 end) as sold_qty,
        sum(case when line_type in ('return', 'cancel') then -qty else 0 end) as returned_qty
    from {{ candidate('fct_pos', months) }} as p
    where line_type <> 'sample'
    group by
        slice,
        dealer_id,
        product_id,
        cast({{ dbt.date_trunc('week', 'invoice_date') }} as date)
),

-- Nothing was left at the month's last count: from the week after the last sale on, no sale means no
-- stock. A part that has not sold in the month tells nothing.
ran_out as (
    select
        stock.slice,
        stock.dealer_id,
        stock.product_id,
        calendar.date_day as week
    from {{ candidate('fct_inventory_rollforward', months) }} as stock
    inner join {{ candidate('dim_date') }} as calendar
        on
            stock.slice = calendar.month_start
            and calendar.date_day = {{ dbt.date_trunc('week', 'calendar.date_day') }}
            and stock.last_sale_date < calendar.date_day
    where stock.closing_qty = 0
),

week as (
    select
        slice,
        dealer_id,
        product_id,
        week,
        sold_qty,
        returned_qty,
        false as is_stock_out
    from sold
    union all
    select
        slice,
        dealer_id,
        product_id,
        week,
        0 as sold_qty,
        0 as returned_qty,
        true as is_stock_out
    from ran_out
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    dealer_id,
    product_id,
    week,
    cast(sum(sold_qty) as numeric(18, 3)) as sold_qty,
    cast(sum(returned_qty) as numeric(18, 3)) as returned_qty,
    max(case when is_stock_out then 1 else 0 end) = 1 as is_stock_out
from week
group by
    slice,
    dealer_id,
    product_id,
    week
