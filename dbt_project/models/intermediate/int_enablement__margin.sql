{%- set months = affected_months('mart_enablement') %}
with month as (
    select
        slice,
        seen
    from {{ month_pairs(months, 0, 2) }} as pair
),

bought as (
    select
        month.slice,
        b.dealer_id,
        b.customer,
        b.family,
        b.contact,
        sum(b.cost_amount_vendor) as cost_amount_vendor,
        sum(b.costed_amount_vendor) as costed_amount_vendor
    from month
    inner join {{ ref('int_enablement__month') }} as b on month.seen = b.slice
    group by
        month.slice,
        b.dealer_id,
        b.customer,
        b.family,
        b.contact
),

-- of the dealer's customers the third that bought most, the middle and the last
band as (
    select
        slice,
        dealer_id,
        customer,
        ntile(3) over (
            partition by slice, dealer_id
            order by sum(costed_amount_vendor) desc, customer asc
        ) as size_band
    from bought
    where costed_amount_vendor is not null
    group by
        slice,
        dealer_id,
        customer
)

select
    bought.*,
    band.size_band
from bought
inner join band
    on
        bought.slice = band.slice
        and bought.dealer_id = band.dealer_id
        and bought.customer = band.customer
where bought.costed_amount_vendor > 0
