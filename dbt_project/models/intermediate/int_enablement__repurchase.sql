{%- set months = affected_months('mart_enablement') %}
with bought as (
    select
        slice,
        dealer_id,
        customer,
        family,
        fae_contact,
        sum(amount_vendor) as amount_vendor,
        max(last_sale_date) as last_sale_date
    from {{ customer_months(months, 6, 8) }} as c
    group by
        slice,
        dealer_id,
        customer,
        family,
        fae_contact
),

cohort as (
    select
        slice,
        dealer_id,
        customer,
        max(last_sale_date) as bought_on,
        sum(amount_vendor) as amount_vendor
    from bought
    group by
        slice,
        dealer_id,
        customer
),

-- what it bought most of
trait as (
    select
        slice,
        dealer_id,
        customer,
        family,
        row_number() over (
            partition by slice, dealer_id, customer
            order by sum(amount_vendor) desc, family asc
        ) as place
    from bought
    group by
        slice,
        dealer_id,
        customer,
        family
),

-- whether it had been helped in the month when it bought last
contact as (
    select distinct
        bought.slice,
        bought.dealer_id,
        bought.customer,
        bought.fae_contact
    from bought
    inner join cohort
        on
            bought.slice = cohort.slice
            and bought.dealer_id = cohort.dealer_id
            and bought.customer = cohort.customer
            and bought.last_sale_date = cohort.bought_on
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
    trait.family,
    contact.fae_contact,
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
inner join contact
    on
        cohort.slice = contact.slice
        and cohort.dealer_id = contact.dealer_id
        and cohort.customer = contact.customer
left join later
    on
        cohort.slice = later.slice
        and cohort.dealer_id = later.dealer_id
        and cohort.customer = later.customer
