{{ config(few_groups=true) }}
{%- set months = affected_months('mart_demand_heat') %}
{%- set path = ['country', 'area', 'industry', 'family', 'region'] %}
{%- set cell_week = ['slice', 'cell_level'] + path + ['week'] %}
{%- set least = var('heat_least_dealers') | int %}
{#- a week belongs to the month of its Sunday: it is complete when that month is #}
{%- set is_built = in_slices(month_of(dbt.dateadd('day', 6, 'week')), months) %}
{%- set is_built_next = in_slices(month_of(dbt.dateadd('day', 13, 'week')), months) %}
with sale as (
    select
        pos.dealer_id,
        pos.qty,
        coalesce(pos.end_customer, pos.sold_to) as customer,
        cast({{ dbt.date_trunc('week', 'pos.invoice_date') }} as date) as week,
        -- the separator of cells
        replace(pos.ship_to_country, '|', '/') as country,
        replace(pos.ship_to_region, '|', '/') as region,
        replace(coalesce(pos.end_application, 'unknown'), '|', '/') as industry,
        replace(coalesce(area.area, pos.ship_to_country), '|', '/') as area,
        replace(product.family, '|', '/') as family
    from {{ candidate('fct_pos', months_with(months, back=1)) }} as pos
    inner join (
        select * from {{ candidate('dim_product') }} as p
        where is_current
    ) as product on pos.product_id = product.product_id
    left join {{ ref('region_area') }} as area on pos.ship_to_region = area.region
    where
        pos.line_type <> 'sample'
        and pos.sold_to_dealer_id is null
),

-- the weeks of these months, and the one before each: who sold then
line as (
    select * from sale
    where {{ is_built }} or {{ is_built_next }}
),

-- few of these are left of many lines
by_dealer as (
    select
        {{ path | join(', ') }},
        week,
        dealer_id,
        sum(qty) as qty
    from line
    group by
        {{ path | join(', ') }},
        week,
        dealer_id
),

by_customer as (
    select distinct
        {{ path | join(', ') }},
        week,
        customer
    from line
    where {{ is_built }}
),

-- A tree: each level parts the cells of the one above by one more column.
placed as (
    {%- for column in path %}
    {%- set depth = loop.index %}
    select
        '{{ column }}' as cell_level,
        {%- for name in path %}
        {{ name if loop.index <= depth else "'all' as " ~ name }},
        {%- endfor %}
        {{ path[:depth] | join(" || '|' || ") }} as cell_id,
        {{ path[:depth - 1] | join(" || '|' || ") or "''" }} as parent_id,
        week,
        dealer_id,
        qty
    from by_dealer
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

buying as (
    {%- for _ in path %}
    select
        {{ path[:loop.index] | join(" || '|' || ") }} as cell_id,
        week,
        count(distinct customer) as customers
    from by_customer
    group by
        {{ path[:loop.index] | join(" || '|' || ") }},
        week
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

amount as (
    select
        cell_level,
        {%- for name in path %}
        {{ name }},
        {%- endfor %}
        cell_id,
        parent_id,
        week,
        sum(qty) as qty
    from placed
    where {{ is_built }}
    group by
        cell_level,
        {%- for name in path %}
        {{ name }},
        {%- endfor %}
        cell_id,
        parent_id,
        week
),

-- who sold in a cell in a week, and who in the week before
sold as (
    select
        cell_id,
        parent_id,
        week,
        dealer_id,
        max(is_now) as is_now,
        max(is_before) as is_before
    from (
        select
            cell_id,
            parent_id,
            week,
            dealer_id,
            1 as is_now,
            0 as is_before
        from placed
        union all
        select
            cell_id,
            parent_id,
            cast({{ dbt.dateadd('day', 7, 'week') }} as date) as week,
            dealer_id,
            0 as is_now,
            1 as is_before
        from placed
    ) as both_weeks
    where {{ is_built }}
    group by
        cell_id,
        parent_id,
        week,
        dealer_id
),

counted as (
    select
        cell_id,
        parent_id,
        week,
        sum(is_now) as dealers,
        sum(is_now) >= {{ least }}
        and (sum(abs(is_now - is_before)) = 0 or sum(abs(is_now - is_before)) >= {{ least }}) as is_safe
    from sold
    group by
        cell_id,
        parent_id,
        week
),

cell as (
    select
        amount.*,
        counted.dealers,
        buying.customers
    from amount
    inner join counted on amount.cell_id = counted.cell_id and amount.week = counted.week
    left join buying on amount.cell_id = buying.cell_id and amount.week = buying.week
),

-- The order in which safe cells go to the remainder of the cell above, where those that are not safe lie.
ranked as (
    select
        counted.*,
        case
            when is_safe
                then row_number() over (
                    partition by parent_id, week, is_safe
                    order by dealers, cell_id
                )
            else 0
        end as place
    from counted
),

joins as (
    select
        sold.parent_id,
        sold.week,
        sold.dealer_id,
        min(case when sold.is_now = 1 then ranked.place end) as now_from,
        min(case when sold.is_before = 1 then ranked.place end) as before_from
    from sold
    inner join ranked
        on sold.cell_id = ranked.cell_id and sold.week = ranked.week
    group by
        sold.parent_id,
        sold.week,
        sold.dealer_id
),

remainder as (
    select
        cut.parent_id,
        cut.week,
        cut.place,
        sum(case when joins.now_from <= cut.place then 1 else 0 end) as dealers,
        sum(
            case
                when (coalesce(joins.now_from, cut.place + 1) <= cut.place)
                    <> (coalesce(joins.before_from, cut.place + 1) <= cut.place) then 1
                else 0
            end
        ) as changed
    from (
        select
            parent_id,
            week,
            place
        from ranked
        union
        select
            parent_id,
            week,
            0 as place
        from ranked
    ) as cut
    inner join joins
        on cut.parent_id = joins.parent_id and cut.week = joins.week
    group by
        cut.parent_id,
        cut.week,
        cut.place
),

-- the fewest cells that must go there until it is safe
hidden as (
    select
        parent_id,
        week,
        min(place) as place
    from remainder
    where
        (dealers = 0 or dealers >= {{ least }})
        and (changed = 0 or changed >= {{ least }})
    group by
        parent_id,
        week
),

shown as (
    select
        ranked.cell_id,
        ranked.parent_id,
        ranked.week,
        -- countries have no total
        ranked.is_safe and (ranked.parent_id = '' or coalesce(ranked.place > hidden.place, false)) as is_shown
    from ranked
    left join hidden
        on ranked.parent_id = hidden.parent_id and ranked.week = hidden.week
),

-- a cell is shown only with all above it
judged as (
    select
        cell.*,
        {{ month_of(dbt.dateadd('day', 6, 'cell.week')) }} as slice,
        {%- for _ in path %}
        {{ 'and ' if not loop.first }}coalesce(shown_{{ loop.index }}.is_shown, {{ 'false' if loop.first else 'true' }})
        {%- endfor %} as is_shown
    from cell
    {%- for _ in path %}
    left join shown as shown_{{ loop.index }}
        on
            {{ 'cell.cell_id' if loop.first else 'shown_' ~ (loop.index - 1) ~ '.parent_id' }} = shown_{{ loop.index }}.cell_id
            and cell.week = shown_{{ loop.index }}.week
    {%- endfor %}
),

withheld as (
    select
        {{ cell_week | join(', ') }},
        case when is_shown then qty end as qty,
        case when is_shown then dealers end as dealers,
        case when is_shown then customers end as customers,
        not is_shown as is_suppressed
    from judged
    union all
    -- the months before, as they were built
    select
        {{ cell_week | join(', ') }},
        qty,
        dealers,
        customers,
        is_suppressed
    from {{ candidate('mart_demand_heat', months_with(months, back=4) | reject('in', months) | list) }} as h
),

-- against weeks that are all shown, so that no index tells more
compared as (
    select
        numbered.*,
        {%- for weeks in [4, 13] %}
        {%- for measure in ['count', 'sum'] %}
        {{ measure }}(qty) over (
            partition by cell_level, {{ path | join(', ') }}
            order by day_no
            range between {{ 7 * weeks }} preceding and 7 preceding
        ) as {{ measure }}_{{ weeks }}{{ ',' if not loop.last }}
        {%- endfor %}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            withheld.*,
            {{ day_number('week') }} as day_no
        from withheld
    ) as numbered
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    cell_level,
    country,
    area,
    region,
    industry,
    family,
    week,
    cast(qty as numeric(18, 3)) as qty,
    cast(dealers as bigint) as dealers,
    cast(customers as bigint) as customers,
    cast(
        case when count_13 = 13 and sum_13 > 0 then round(100 * 13 * qty / sum_13, 3) end
        as numeric(18, 3)
    ) as demand_index,
    cast(
        case when count_4 = 4 and sum_4 > 0 then round(4 * qty / sum_4 - 1, 6) end
        as numeric(18, 6)
    ) as growth,
    is_suppressed
from compared
where {{ in_slices('slice', months) }}
