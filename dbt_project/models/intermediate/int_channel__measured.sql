-- What each part of channel health says of a dealer and month, as it is measured; null where nobody can tell.
{%- set months = order_months('mart_channel_health') %}
with dealer as (
    select
        month.slice,
        month.month_end,
        dealer.dealer_id,
        dealer.role
    from {{ month_rows(months) }} as month
    inner join {{ candidate('dim_dealer') }} as dealer on {{ dealer_active('dealer', 'month.month_end') }}
),

quality as (
    select
        slice,
        dealer_id,
        avg(score) as score
    from {{ candidate('mart_report_quality', months) }} as q
    group by
        slice,
        dealer_id
),

stock as (
    select
        slice,
        dealer_id,
        sum(stock_value_vendor) as stock_value,
        sum(cost_of_goods_12m_vendor) / nullif(sum(mean_stock_value_vendor), 0) as turnover,
        sum(dead_value_vendor) / nullif(sum(case when dead_value_vendor is not null then stock_value_vendor end), 0) as dead_share
    from {{ candidate('mart_inventory_health', months) }} as h
    group by
        slice,
        dealer_id
),

-- of the order lines that fell due in the month
service as (
    select
        {{ month_of('due_date') }} as slice,
        dealer_id,
        cast(sum(case when on_time_in_full then 1 else 0 end) as numeric(18, 6)) / count(*) as on_time_share
    from {{ candidate('mart_order_sla', months_with(months, back=var('order_months'))) }} as s
    where on_time_in_full is not null
    group by
        {{ month_of('due_date') }},
        dealer_id
),

diversion as (
    select
        slice,
        dealer_id,
        max(score) as score,
        sum(case when level = 'suspect' then 1 else 0 end) as suspect_cells
    from {{ candidate('mart_diversion', months) }} as d
    group by
        slice,
        dealer_id
),

-- three months together: a quarter's end evens out, a habit does not
taken as (
    select
        month.slice,
        s.dealer_id,
        sum(s.amount_vendor) as amount
    from {{ month_rows(months) }} as month
    inner join {{ candidate('fct_sell_in', months_with(months, back=2)) }} as s
        on
            month.slice >= s.slice
            and s.slice >= {{ dbt.dateadd('month', -2, 'month.slice') }}
    group by
        month.slice,
        s.dealer_id
),

sold_month as (
    select
        slice,
        dealer_id,
        sum(case when sold_to_dealer_id is null then amount_vendor else 0 end) as end_amount,
        sum(cost_amount_vendor) as cost_amount
    from {{ candidate('fct_pos', months_with(months, back=2)) }} as p
    group by
        slice,
        dealer_id
),

sold as (
    select
        month.slice,
        s.dealer_id,
        sum(case when month.slice = s.slice then s.end_amount end) as pos_amount,
        sum(s.cost_amount) as cost_amount
    from {{ month_rows(months) }} as month
    inner join sold_month as s
        on
            month.slice >= s.slice
            and s.slice >= {{ dbt.dateadd('month', -2, 'month.slice') }}
    group by
        month.slice,
        s.dealer_id
),

customer as (
    select
        slice,
        dealer_id,
        customer,
        sum(amount_vendor) as amount
    from {{ candidate('fct_customer_month', months) }} as c
    group by
        slice,
        dealer_id,
        customer
    having sum(amount_vendor) > 0
),

concentration as (
    select
        slice,
        dealer_id,
        count(*) as customers,
        10000 * sum(amount * amount) / (sum(amount) * sum(amount)) as customer_hhi
    from customer
    group by
        slice,
        dealer_id
),

reconciled as (
    select
        slice,
        dealer_id,
        sum(abs(unmatched_amount_vendor)) / nullif(sum(abs(left_amount_vendor)), 0) as unmatched_share
    from {{ candidate('mart_reconciliation', months) }} as r
    group by
        slice,
        dealer_id
),

complaint as (
    select
        dealer.slice,
        dealer.dealer_id,
        count(*) as open_complaints
    from dealer
    inner join {{ candidate('fct_complaint', months_with(months, back=24)) }} as c
        on
            dealer.dealer_id = c.against_dealer_id
            and dealer.month_end >= c.opened_on
            and (c.closed_on is null or dealer.month_end < c.closed_on)
    group by
        dealer.slice,
        dealer.dealer_id
)

select
    dealer.slice,
    dealer.month_end,
    dealer.dealer_id,
    dealer.role,
    tier.tier,
    sold.pos_amount,
    concentration.customers,
    concentration.customer_hhi,
    quality.score as report_quality,
    stock.stock_value,
    stock.turnover,
    stock.dead_share,
    service.on_time_share,
    -- who reports its sales and shows no signal is not suspected
    case when sold.dealer_id is not null then coalesce(diversion.score, 0) end as diversion_score,
    coalesce(diversion.suspect_cells, 0) as suspect_cells,
    coalesce(complaint.open_complaints, 0) as open_complaints,
    taken.amount / nullif(sold.cost_amount, 0) as load_in_ratio,
    reconciled.unmatched_share
from dealer
left join {{ candidate('mart_tier', months) }} as tier
    on dealer.slice = tier.slice and dealer.dealer_id = tier.dealer_id
{%- for part in ['quality', 'stock', 'service', 'diversion', 'taken', 'sold', 'concentration', 'reconciled', 'complaint'] %}
left join {{ part }}
    on dealer.slice = {{ part }}.slice and dealer.dealer_id = {{ part }}.dealer_id
{%- endfor %}
