{%- set months = affected_months('mart_enablement') %}
with family as (
    select
        pair.slice,
        pair.seen,
        case when pair.seen > {{ dbt.dateadd('month', -6, 'pair.slice') }} then 1 else 0 end as is_later,
        b.dealer_id,
        b.customer,
        b.family,
        b.amount_vendor,
        b.first_sale_date,
        b.last_sale_date,
        b.contact
    from {{ month_pairs(months, 0, 8) }} as pair
    inner join {{ ref('int_enablement__month') }} as b on pair.seen = b.slice
),

-- a dealer whose last month is not in has not shown all of the 180 days
told as (
    select distinct
        slice,
        dealer_id
    from family
    where seen = slice
),

cohort as (
    select
        slice,
        dealer_id,
        customer,
        max(last_sale_date) as bought_on,
        sum(amount_vendor) as amount_vendor
    from family
    where is_later = 0
    group by
        slice,
        dealer_id,
        customer
),

later as (
    select
        slice,
        dealer_id,
        customer,
        min(first_sale_date) as next_on
    from family
    where is_later = 1
    group by
        slice,
        dealer_id,
        customer
),

-- what it bought most of, and whether it had been helped when it bought
trait as (
    select
        slice,
        dealer_id,
        customer,
        family,
        row_number() over (
            partition by slice, dealer_id, customer
            order by sum(amount_vendor) desc, family
        ) as place
    from family
    where is_later = 0
    group by
        slice,
        dealer_id,
        customer,
        family
),

contact as (
    select
        family.slice,
        family.dealer_id,
        family.customer,
        max(family.contact) as contact
    from family
    inner join cohort
        on
            family.slice = cohort.slice
            and family.dealer_id = cohort.dealer_id
            and family.customer = cohort.customer
            and family.last_sale_date = cohort.bought_on
    where family.is_later = 0
    group by
        family.slice,
        family.dealer_id,
        family.customer
)

select
    cohort.slice,
    cohort.dealer_id,
    cohort.customer,
    trait.family,
    contact.contact,
    ntile(3) over (
        partition by cohort.slice, cohort.dealer_id
        order by cohort.amount_vendor desc, cohort.customer
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
