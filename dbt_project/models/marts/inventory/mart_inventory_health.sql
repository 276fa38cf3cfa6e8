{%- set months = affected_months('mart_inventory_health') %}
with movement as (
    select * from {{ candidate('fct_inventory_rollforward', months_with(months, back=12)) }} as r
),

reported as (
    select distinct
        dealer_id,
        slice
    from movement
    where closing_qty is not null
),

-- One look back per month: cheap for the newest month alone, no dearer than a window for all.
looked_back as (
    {%- for month in months %}
    {%- set year = months_with([month], back=11) %}
    select
        {{ date_literal(month) }} as slice,
        {{ dbt.dateadd('day', -1, date_literal(add_months(month, 1))) }} as month_end,
        dealer_id,
        product_id,
        max(case when slice = {{ date_literal(month) }} then opening_qty end) as opening_qty,
        max(case when slice = {{ date_literal(month) }} then receipt_qty end) as receipt_qty,
        max(case when slice = {{ date_literal(month) }} then pos_qty end) as pos_qty,
        max(case when slice = {{ date_literal(month) }} then customer_return_qty end) as customer_return_qty,
        max(case when slice = {{ date_literal(month) }} then closing_qty end) as closing_qty,
        max(case when slice = {{ date_literal(month) }} then closing_value_vendor end) as closing_value_vendor,
        sum(case when slice >= {{ date_literal(year[0]) }} then cost_of_goods_vendor end) as cost_of_goods_12m,
        max(
            case when slice >= {{ date_literal(year[0]) }} and cost_of_goods_vendor is null then 1 else 0 end
        ) as is_uncosted,
        max(last_sale_date) as last_sale,
        sum(closing_value_vendor) as closing_value_13,
        max(case when closing_qty <> 0 and closing_value_vendor is null then 1 else 0 end) as is_unvalued
    from movement
    where {{ in_slices('slice', months_with([month], back=12)) }}
    group by
        dealer_id,
        product_id
    having max(case when slice = {{ date_literal(month) }} then 1 end) = 1
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        movement.*,
        slice as month_end,
        0 as cost_of_goods_12m,
        0 as is_uncosted,
        slice as last_sale,
        0 as closing_value_13,
        0 as is_unvalued
    from movement
    {%- endfor %}
),

reporting as (
    {%- for month in months %}
    select
        {{ date_literal(month) }} as slice,
        dealer_id,
        count(*) as month_ends
    from reported
    where {{ in_slices('slice', months_with([month], back=12)) }}
    group by dealer_id
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        slice,
        dealer_id,
        0 as month_ends
    from reported
    {%- endfor %}
),

explained as (
    select
        looked_back.*,
        looked_back.closing_value_13 / 13 as mean_value,
        case
            when looked_back.closing_qty is null then 'no_stock_report'
            when coalesce(reporting.month_ends, 0) < 13 then 'history_too_short'
            when looked_back.is_uncosted + looked_back.is_unvalued > 0 then 'no_cost'
            when coalesce(looked_back.closing_value_13, 0) <= 0 then 'no_stock'
            when looked_back.cost_of_goods_12m <= 0 then 'no_sales'
        end as turnover_reason,
        case
            when looked_back.closing_qty is null then 'no_stock_report'
            when pos_history.first_day is null
                or pos_history.first_day > {{ dbt.dateadd('day', -180, 'looked_back.month_end') }} then 'history_too_short'
            when looked_back.closing_qty <> 0 and looked_back.closing_value_vendor is null then 'no_cost'
        end as dead_reason,
        case
            when looked_back.opening_qty is null then 'no_opening'
            when looked_back.opening_qty + looked_back.receipt_qty <= 0 then 'no_stock'
        end as sell_through_reason,
        coalesce(
            {{ dbt.datediff('looked_back.last_sale', 'looked_back.month_end', 'day') }} >= 180,
            true
        ) as is_dead
    from looked_back
    left join reporting
        on looked_back.dealer_id = reporting.dealer_id and looked_back.slice = reporting.slice
    left join {{ ref('int_dealer__history') }} as pos_history
        on looked_back.dealer_id = pos_history.dealer_id and pos_history.report = 'pos'
    where {{ in_slices('looked_back.slice', months) }}
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    dealer_id,
    product_id,
    closing_value_vendor as stock_value_vendor,
    cast(
        case when turnover_reason is null or turnover_reason = 'no_sales' then round(cost_of_goods_12m, 6) end
        as numeric(24, 6)
    ) as cost_of_goods_12m_vendor,
    cast(
        case when turnover_reason is null or turnover_reason = 'no_sales' then round(mean_value, 6) end
        as numeric(24, 6)
    ) as mean_stock_value_vendor,
    cast(
        case
            when turnover_reason = 'no_sales' then 0
            when turnover_reason is null then round(cost_of_goods_12m / mean_value, 6)
        end as numeric(18, 6)
    ) as turnover,
    cast(
        case when turnover_reason is null then round(365 * mean_value / cost_of_goods_12m, 3) end
        as numeric(18, 3)
    ) as days_of_inventory,
    turnover_reason,
    cast(
        case
            when sell_through_reason is null
                then round((pos_qty - customer_return_qty) / (opening_qty + receipt_qty), 6)
        end as numeric(18, 6)
    ) as sell_through,
    sell_through_reason,
    cast(
        case when dead_reason is null then case when is_dead then closing_value_vendor else 0 end end
        as numeric(24, 6)
    ) as dead_value_vendor,
    cast(
        case
            when dead_reason is null and closing_value_vendor > 0 then case when is_dead then 1 else 0 end
        end as numeric(18, 6)
    ) as dead_share,
    dead_reason
from explained
