{%- set months = affected_months('mart_enablement') %}
with bought as (
    select
        slice,
        dealer_id,
        customer,
        family,
        sum(amount_vendor) as amount_vendor,
        max(last_sale_date) as last_sale_date,
        max(case when fae_contact = 'with' then last_sale_date end) as with_date,
        max(case when fae_contact = 'without' then last_sale_date end) as without_date
    from {{ customer_months(months, 6, 8) }} as c
    group by
        slice,
        dealer_id,
        customer,
        family
),

trait as (
    select
        slice,
        dealer_id,
        customer,
        family,
        sum(amount_vendor) over (partition by slice, dealer_id, customer) as amount_vendor,
        max(last_sale_date) over (partition by slice, dealer_id, customer) as bought_on,
        max(with_date) over (partition by slice, dealer_id, customer) as with_on,
        max(without_date) over (partition by slice, dealer_id, customer) as without_on,
        row_number() over (
            partition by slice, dealer_id, customer
            order by amount_vendor desc, family asc
        ) as place
    from bought
),

cohort as (
    select
        slice,
        dealer_id,
        customer,
        -- what it bought most of
        family,
        amount_vendor,
        bought_on,
        -- whether it had been helped in the month when it bought last
        case
            when bought_on = with_on then 'with'
            when bought_on = without_on then 'without'
        end as fae_contact
    from trait
    where
        place = 1
        and bought_on is not null
),

later as (
    select
        pair.slice,
        c.dealer_id,
        c.customer,
        min(c.first_sale_date) as next_on
    from {{ month_pairs(months, 0, 5) }} as pair
    inner join {{ candidate('fct_customer_month', months_with(months, back=5)) }} as c on pair.seen = c.slice
    group by
        pair.slice,
        c.dealer_id,
        c.customer
),

-- a dealer whose last month is not in has not shown all of the 180 days
told as (
    select distinct
        slice,
        dealer_id
    from {{ candidate('fct_customer_month', months) }} as c
)

select
    cohort.slice,
    cohort.dealer_id,
    cohort.customer,
    cohort.family,
    cohort.fae_contact,
    ntile(3) over (
        partition by cohort.slice, cohort.dealer_id
        order by cohort.amount_vendor desc, cohort.customer asc
    ) as size_band,
    case when later.next_on <= {{ dbt.dateadd('day', 180, 'cohort.bought_on') }} then 1 else 0 end as bought_again
from cohort
inner join told on cohort.slice = told.slice and cohort.dealer_id = told.dealer_id
left join later
    on
        cohort.slice = later.slice
        and cohort.dealer_id = later.dealer_id
        and cohort.customer = later.customer
