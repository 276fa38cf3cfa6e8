{%- set months = affected_months('fct_customer_month') %}
with bought as (
    select
        slice,
        dealer_id,
        coalesce(end_customer, sold_to) as customer,
        product_id,
        sum(qty) as qty,
        sum(amount_vendor) as amount_vendor,
        sum(cost_amount_vendor) as cost_amount_vendor,
        sum(case when cost_amount_vendor is not null then amount_vendor end) as costed_amount_vendor,
        sum(case when line_type = 'sale' then 1 else 0 end) as sale_lines,
        min(case when line_type = 'sale' then invoice_date end) as first_sale_date,
        max(case when line_type = 'sale' then invoice_date end) as last_sale_date
    from {{ candidate('fct_pos', months) }} as p
    where
        sold_to_dealer_id is null
        and line_type <> 'sample'
    group by
        slice,
        dealer_id,
        coalesce(end_customer, sold_to),
        product_id
),

ticket as (
    select
        slice as opened_month,
        dealer_id,
        end_customer as customer,
        {{ month_of('closed_at') }} as closed_month
    from {{ candidate('fct_enablement_event', months_with(months, back=var('contact_months'))) }} as e
    where
        event_kind = 'fae_ticket'
        and closed_at is not null
        and end_customer is not null
),

-- each customer that was helped, by month: before it, or in it
helped as (
    select
        month.slice,
        ticket.dealer_id,
        ticket.customer,
        max(case when month.slice > ticket.closed_month then 1 else 0 end) as is_before
    from {{ month_pairs(months, 0, var('contact_months')) }} as month
    inner join ticket on month.seen = ticket.opened_month
    where month.slice >= ticket.closed_month
    group by
        month.slice,
        ticket.dealer_id,
        ticket.customer
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    bought.slice,
    bought.dealer_id,
    bought.customer,
    bought.product_id,
    cast(bought.qty as numeric(18, 3)) as qty,
    cast(bought.amount_vendor as numeric(24, 6)) as amount_vendor,
    cast(bought.cost_amount_vendor as numeric(24, 6)) as cost_amount_vendor,
    cast(bought.costed_amount_vendor as numeric(24, 6)) as costed_amount_vendor,
    cast(bought.sale_lines as integer) as sale_lines,
    bought.first_sale_date,
    bought.last_sale_date,
    case
        when helped.customer is null then 'without'
        when helped.is_before = 1 then 'with'
    end as fae_contact
from bought
left join helped
    on
        bought.slice = helped.slice
        and bought.dealer_id = helped.dealer_id
        and bought.customer = helped.customer
