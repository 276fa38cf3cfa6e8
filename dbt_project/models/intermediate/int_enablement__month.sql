{%- set months = affected_months('mart_enablement') %}
{#- margins look at the newest quarter, repurchase at the one before the last two #}
{%- set seen = (months_with(months, back=2) + months_with(months, back=8, ahead=-6)) | unique | sort %}
with bought as (
    select
        c.slice,
        c.dealer_id,
        c.customer,
        coalesce(product.family, 'unknown') as family,
        sum(c.amount_vendor) as amount_vendor,
        sum(c.cost_amount_vendor) as cost_amount_vendor,
        sum(c.costed_amount_vendor) as costed_amount_vendor,
        min(c.first_sale_date) as first_sale_date,
        max(c.last_sale_date) as last_sale_date
    from {{ candidate('fct_customer_month', seen) }} as c
    left join (
        select
            product_id,
            family
        from {{ candidate('dim_product') }} as p
        where is_current
    ) as product on c.product_id = product.product_id
    group by
        c.slice,
        c.dealer_id,
        c.customer,
        coalesce(product.family, 'unknown')
),

ticket as (
    select
        slice as opened_month,
        dealer_id,
        end_customer as customer,
        {{ month_of('closed_at') }} as closed_month
    from {{ candidate('fct_enablement_event', months_with(seen, back=var('contact_months'))) }} as e
    where
        event_kind = 'fae_ticket'
        and closed_at is not null
        and end_customer is not null
),

-- each customer that was helped, by month: before it, or in it
helped as (
    select
        month.slice,
        month.dealer_id,
        month.customer,
        max(case when month.slice > ticket.closed_month then 1 else 0 end) as is_before
    from (
        select distinct
            slice,
            dealer_id,
            customer
        from bought
    ) as month
    inner join ticket on month.dealer_id = ticket.dealer_id and month.customer = ticket.customer
    where
        month.slice >= ticket.closed_month
        and ticket.opened_month >= {{ dbt.dateadd('month', -var('contact_months'), 'month.slice') }}
    group by
        month.slice,
        month.dealer_id,
        month.customer
)

select
    bought.*,
    case
        when helped.customer is null then 'without'
        when helped.is_before = 1 then 'with'
    end as contact
from bought
left join helped
    on
        bought.slice = helped.slice
        and bought.dealer_id = helped.dealer_id
        and bought.customer = helped.customer
