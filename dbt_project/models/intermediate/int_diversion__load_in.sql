-- A quarter's last month in which a dealer takes in far more than it sells, of the parts that do so.
{%- set months = affected_months('fct_diversion_evidence') %}
with month as (
    select
        m.slice,
        max(case when parameter.parameter = 'load_in_ratio' then parameter.value end) as ratio
    from {{ month_rows(months) }} as m
    inner join {{ ref('int_policy__in_force') }} as version
        on {{ policy_holds('version', 'diversion', 'm.month_end') }}
    inner join {{ ref('stg_policy__parameter') }} as parameter
        on version.policy = parameter.policy and version.policy_version = parameter.policy_version
    where mod(cast(extract(month from m.slice) as integer), 3) = 0
    group by m.slice
),

taken as (
    select
        s.slice,
        s.dealer_id,
        s.product_id,
        s.submission_id,
        s.row_no,
        s.qty,
        s.amount_vendor
    from {{ candidate('fct_sell_in', months) }} as s
    inner join month on s.slice = month.slice
),

-- what left the shelf, at cost
sold as (
    select
        p.slice,
        p.dealer_id,
        p.product_id,
        sum(p.qty) as qty,
        sum(coalesce(p.cost_amount_vendor, p.amount_vendor)) as amount
    from {{ candidate('fct_pos', months) }} as p
    group by
        p.slice,
        p.dealer_id,
        p.product_id
),

whole as (
    select
        taken.slice,
        taken.dealer_id,
        sum(taken.amount_vendor) as taken_amount
    from taken
    group by
        taken.slice,
        taken.dealer_id
),

loaded as (
    select
        whole.slice,
        whole.dealer_id,
        month.ratio
    from whole
    inner join month on whole.slice = month.slice
    -- a dealer that sold nothing at all has not reported
    inner join (
        select
            slice,
            dealer_id,
            sum(amount) as amount
        from sold
        group by
            slice,
            dealer_id
    ) as out on whole.slice = out.slice and whole.dealer_id = out.dealer_id
    where whole.taken_amount > month.ratio * out.amount
)

select
    'load_in' as signal,
    'sell_in' as report,
    taken.slice,
    taken.submission_id,
    taken.row_no,
    taken.dealer_id,
    taken.product_id,
    cast(null as {{ dbt.type_string() }}) as region,
    cast(null as {{ dbt.type_string() }}) as customer,
    cast(null as {{ dbt.type_string() }}) as other_dealer_id,
    taken.qty,
    taken.amount_vendor,
    'sold ' || cast(cast(coalesce(sold.qty, 0) as integer) as {{ dbt.type_string() }}) as detail
from taken
inner join loaded on taken.slice = loaded.slice and taken.dealer_id = loaded.dealer_id
left join sold
    on
        taken.slice = sold.slice
        and taken.dealer_id = sold.dealer_id
        and taken.product_id = sold.product_id
where taken.qty > loaded.ratio * coalesce(sold.qty, 0)
