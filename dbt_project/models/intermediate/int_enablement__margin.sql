{%- set months = affected_months('mart_enablement') %}
with bought as (
    select
        slice,
        dealer_id,
        customer,
        family,
        fae_contact,
        sum(cost_amount_vendor) as cost_amount_vendor,
        sum(costed_amount_vendor) as costed_amount_vendor
    from {{ customer_months(months, 0, 2) }} as c
    group by
        slice,
        dealer_id,
        customer,
        family,
        fae_contact
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
