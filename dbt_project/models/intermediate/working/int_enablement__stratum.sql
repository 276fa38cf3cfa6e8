-- A table, as both marts of enablement ask: a few thousand rows of some hundred thousand customers.
with unit as (
    select
        slice,
        'margin_points' as measure,
        dealer_id,
        family,
        size_band,
        fae_contact,
        100 * (1 - cost_amount_vendor / costed_amount_vendor) as y,
        cost_amount_vendor,
        costed_amount_vendor,
        0 as bought_again,
        -- once, however many families it buys
        case
            when row_number() over (
                partition by slice, dealer_id, customer, fae_contact
                order by family
            ) = 1 then 1
            else 0
        end as customers
    from {{ ref('int_enablement__margin') }}
    union all
    select
        slice,
        'repurchase_points' as measure,
        dealer_id,
        family,
        size_band,
        fae_contact,
        cast(100 * bought_again as numeric(12, 4)) as y,
        cast(null as numeric(24, 6)) as cost_amount_vendor,
        cast(null as numeric(24, 6)) as costed_amount_vendor,
        bought_again,
        1 as customers
    from {{ ref('int_enablement__repurchase') }}
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    measure,
    dealer_id,
    family,
    cast(size_band as integer) as size_band,
    fae_contact,
    cast(count(*) as bigint) as units,
    cast(sum(customers) as bigint) as customers,
    cast(sum(bought_again) as bigint) as bought_again,
    cast(sum(cost_amount_vendor) as numeric(24, 6)) as cost_amount_vendor,
    cast(sum(costed_amount_vendor) as numeric(24, 6)) as costed_amount_vendor,
    cast(avg(y) as numeric(38, 18)) as mean,
    -- squares about the stratum's own mean
    cast(count(*) * var_pop(y) as numeric(38, 18)) as squares
from unit
group by
    slice,
    measure,
    dealer_id,
    family,
    size_band,
    fae_contact
