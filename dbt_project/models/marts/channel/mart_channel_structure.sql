{%- set months = affected_months('mart_channel_structure') %}
with sale as (
    select
        slice,
        dealer_id,
        coalesce(end_customer, sold_to) as customer,
        ship_to_region,
        line_type,
        amount_vendor
    from {{ candidate('fct_pos', months) }} as p
    where
        line_type <> 'sample'
        and sold_to_dealer_id is null
        and {{ in_slices('slice', months) }}
),

month as (
    select distinct
        slice,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'slice')) }} as date) as month_end
    from sale
),

-- master data as they are on the month's last day
dealer as (
    select
        month.slice,
        d.dealer_id,
        d.role,
        d.parent,
        d.regions,
        d.dealer_status
    from month
    inner join {{ candidate('dim_dealer') }} as d
        on
            month.month_end >= d.valid_from
            and month.month_end <= coalesce(d.valid_to, month.month_end)
),

-- dealers between the vendor and the customer
placed as (
    select
        dealer.slice,
        dealer.dealer_id,
        dealer.role,
        case
            when dealer.parent is null then 1
            when parent.parent is null then 2
            else 3
        end as levels
    from dealer
    left join dealer as parent
        on dealer.slice = parent.slice and dealer.parent = parent.dealer_id
),

by_dealer as (
    select
        sale.slice,
        sale.dealer_id,
        placed.role,
        placed.levels,
        sum(sale.amount_vendor) as amount
    from sale
    left join placed
        on sale.slice = placed.slice and sale.dealer_id = placed.dealer_id
    group by
        sale.slice,
        sale.dealer_id,
        placed.role,
        placed.levels
),

by_customer as (
    select
        slice,
        customer,
        sum(amount_vendor) as amount
    from sale
    group by
        slice,
        customer
),

customers as (
    select
        slice,
        count(*) as customers,
        sum(case when amount > 0 then amount * amount end) as squares,
        sum(case when amount > 0 then amount end) as positive
    from by_customer
    group by slice
),

dealers as (
    select
        slice,
        count(*) as dealers,
        sum(amount) as amount,
        {%- for role in ['direct', 'core', 'sub'] %}
        sum(case when role = '{{ role }}' then amount else 0 end) as {{ role }}_amount,
        {%- endfor %}
        sum(case when role is null then amount else 0 end) as unknown_amount,
        {%- for level in [1, 2, 3] %}
        sum(case when levels = {{ level }} then amount else 0 end) as level_{{ level }}_amount,
        {%- endfor %}
        sum(case when levels is not null then amount else 0 end) as known_amount,
        sum(levels * amount) as weighted_levels,
        sum(case when amount > 0 then amount * amount end) as squares,
        sum(case when amount > 0 then amount end) as positive
    from by_dealer
    group by slice
),

sold_region as (
    select distinct
        slice,
        ship_to_region as region
    from sale
    where line_type = 'sale'
),

authorised_region as (
    select distinct
        dealer.slice,
        region
    from dealer
    {{ split_list('dealer.regions', 'region') }}
    where dealer.dealer_status = 'active'
),

regions as (
    select
        slice,
        sum(is_sold) as regions,
        sum(is_authorised) as authorised_regions,
        sum(is_sold * is_authorised) as authorised_regions_sold
    from (
        select
            coalesce(sold.slice, authorised.slice) as slice,
            case when sold.region is null then 0 else 1 end as is_sold,
            case when authorised.region is null then 0 else 1 end as is_authorised
        from sold_region as sold
        full outer join authorised_region as authorised
            on sold.slice = authorised.slice and sold.region = authorised.region
    ) as either
    group by slice
),

-- of the orders entered in the month, once they are accepted
response as (
    select
        slice,
        avg({{ dbt.datediff('entered_at', 'accepted_at', 'minute') }} / 60.0) as hours
    from {{ candidate('fct_order', months) }} as o
    where accepted_at is not null
    group by slice
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    dealers.slice,
    cast(dealers.amount as numeric(24, 6)) as amount_vendor,
    {%- for role in ['direct', 'core', 'sub', 'unknown'] %}
    cast(dealers.{{ role }}_amount as numeric(24, 6)) as {{ role }}_amount_vendor,
    {%- endfor %}
    {%- for role in ['direct', 'core', 'sub'] %}
    cast(case when dealers.amount > 0 then round(dealers.{{ role }}_amount / dealers.amount, 6) end as numeric(18, 6)) as {{ role }}_share,
    {%- endfor %}
    {%- for level in [1, 2, 3] %}
    cast(dealers.level_{{ level }}_amount as numeric(24, 6)) as level_{{ level }}_amount_vendor,
    {%- endfor %}
    cast(
        case when dealers.known_amount > 0 then round(dealers.weighted_levels / dealers.known_amount, 6) end
        as numeric(18, 6)
    ) as mean_levels,
    cast(
        case
            when dealers.known_amount > 0
                then round((dealers.level_1_amount + dealers.level_2_amount) / dealers.known_amount, 6)
        end as numeric(18, 6)
    ) as two_tier_share,
    cast(dealers.dealers as bigint) as dealers,
    cast(customers.customers as bigint) as customers,
    cast(regions.regions as bigint) as regions,
    cast(regions.authorised_regions as bigint) as authorised_regions,
    cast(regions.authorised_regions_sold as bigint) as authorised_regions_sold,
    cast(
        round(regions.authorised_regions_sold / nullif(cast(regions.authorised_regions as numeric(18, 6)), 0), 6)
        as numeric(18, 6)
    ) as region_coverage,
    cast(round(10000 * dealers.squares / (dealers.positive * dealers.positive), 3) as numeric(18, 3)) as dealer_hhi,
    cast(round(10000 * customers.squares / (customers.positive * customers.positive), 3) as numeric(18, 3)) as customer_hhi,
    cast(response.hours as numeric(12, 2)) as response_hours
from dealers
inner join customers on dealers.slice = customers.slice
inner join regions on dealers.slice = regions.slice
left join response on dealers.slice = response.slice
