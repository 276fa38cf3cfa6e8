{%- set months = affected_months('mart_enablement') %}
with bought as (
    select
        month.slice,
        c.dealer_id,
        c.customer,
        coalesce(product.family, 'unknown') as family,
        c.fae_contact,
        sum(c.cost_amount_vendor) as cost_amount_vendor,
        sum(c.costed_amount_vendor) as costed_amount_vendor
    from {{ month_pairs(months, 0, 2) }} as month
    inner join {{ candidate('fct_customer_month', months_with(months, back=2)) }} as c on month.seen = c.slice
    left join (
        select
            product_id,
            family
        from {{ candidate('dim_product') }} as p
        where is_current
    ) as product on c.product_id = product.product_id
    group by
        month.slice,
        c.dealer_id,
        c.customer,
        coalesce(product.family, 'unknown'),
        c.fae_contact
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
