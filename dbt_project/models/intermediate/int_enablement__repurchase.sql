{%- set months = affected_months('mart_enablement') %}
with bought as (
    select
        slice,
        dealer_id,
        customer,
        sum(amount_vendor) as amount_vendor,
        max(last_sale_date) as last_sale_date,
        max(contact) as contact
    from {{ ref('int_enablement__month') }}
    group by
        slice,
        dealer_id,
        customer
),

cohort as (
    select
        pair.slice,
        b.dealer_id,
        b.customer,
        max(b.last_sale_date) as bought_on,
        sum(b.amount_vendor) as amount_vendor
    from {{ month_pairs(months, 6, 8) }} as pair
    inner join bought as b on pair.seen = b.slice
    group by
        pair.slice,
        b.dealer_id,
        b.customer
),

recent as (
    select
        slice,
        dealer_id,
        customer,
        min(first_sale_date) as first_sale_date
    from {{ candidate('fct_customer_month', months_with(months, back=5)) }} as c
    group by
        slice,
        dealer_id,
        customer
),

later as (
    select
        pair.slice,
        r.dealer_id,
        r.customer,
        min(r.first_sale_date) as next_on
    from {{ month_pairs(months, 0, 5) }} as pair
    inner join recent as r on pair.seen = r.slice
    group by
        pair.slice,
        r.dealer_id,
        r.customer
),

-- a dealer whose last month is not in has not shown all of the 180 days
told as (
    select distinct
        slice,
        dealer_id
    from recent
),

-- what it bought most of
trait as (
    select
        pair.slice,
        b.dealer_id,
        b.customer,
        b.family,
        row_number() over (
            partition by pair.slice, b.dealer_id, b.customer
            order by sum(b.amount_vendor) desc, b.family asc
        ) as place
    from {{ month_pairs(months, 6, 8) }} as pair
    inner join {{ ref('int_enablement__month') }} as b on pair.seen = b.slice
    group by
        pair.slice,
        b.dealer_id,
        b.customer,
        b.family
)

select
    cohort.slice,
    cohort.dealer_id,
    cohort.customer,
    trait.family,
    contact.contact,
    ntile(3) over (
        partition by cohort.slice, cohort.dealer_id
        order by cohort.amount_vendor desc, cohort.customer asc
    ) as size_band,
    case when later.next_on <= {{ dbt.dateadd('day', 180, 'cohort.bought_on') }} then 1 else 0 end as bought_again
from cohort
inner join told on cohort.slice = told.slice and cohort.dealer_id = told.dealer_id
inner join trait
    on
        cohort.slice = trait.slice
        and cohort.dealer_id = trait.dealer_id
        and cohort.customer = trait.customer
        and trait.place = 1
-- whether it had been helped when it bought
inner join bought as contact
    on
        cohort.dealer_id = contact.dealer_id
        and cohort.customer = contact.customer
        and cohort.bought_on = contact.last_sale_date
left join later
    on
        cohort.slice = later.slice
        and cohort.dealer_id = later.dealer_id
        and cohort.customer = later.customer
