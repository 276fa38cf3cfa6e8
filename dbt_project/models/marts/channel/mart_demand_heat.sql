{%- set months = affected_months('mart_demand_heat') %}
{%- set path = ['country', 'area', 'industry', 'family', 'region'] %}
{%- set least = var('heat_least_dealers') | int %}
with line as (
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
    from {{ candidate('fct_pos', months_with(months, back=4)) }} as pos
    inner join (
        select * from {{ candidate('dim_product') }} as p
        where is_current
    ) as product on pos.product_id = product.product_id
    left join {{ ref('region_area') }} as area on pos.ship_to_region = area.region
    where
        pos.line_type <> 'sample'
        and pos.sold_to_dealer_id is null
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
    -- the weeks before are only summed
    where {{ in_slices(month_of(dbt.dateadd('day', 6, 'week')), months) }}
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
present as (
    select distinct
        cell_id,
        parent_id,
        week,
        dealer_id
    from placed
),

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
            present.*,
            1 as is_now,
            0 as is_before
        from present
        union all
        select
            cell_id,
            parent_id,
            cast({{ dbt.dateadd('day', 7, 'week') }} as date) as week,
            dealer_id,
            0 as is_now,
            1 as is_before
        from present
    ) as both_weeks
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
        {{ day_number('cell.week') }} as day_no,
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

-- against weeks that are all shown, so that no index tells more
compared as (
    select
        judged.*,
        case when is_shown then qty end as shown_qty,
        count(case when is_shown then qty end) over (
            partition by cell_id
            order by day_no
            range between 91 preceding and 7 preceding
        ) as weeks_13,
        sum(qty) over (
            partition by cell_id
            order by day_no
            range between 91 preceding and 7 preceding
        ) as qty_13,
        count(case when is_shown then qty end) over (
            partition by cell_id
            order by day_no
            range between 28 preceding and 7 preceding
        ) as weeks_4,
        sum(qty) over (
            partition by cell_id
            order by day_no
            range between 28 preceding and 7 preceding
        ) as qty_4
    from judged
),

-- a week belongs to the month of its Sunday: it is complete when that month is
dated as (
    select
        compared.*,
        {{ month_of(dbt.dateadd('day', 6, 'week')) }} as slice
    from compared
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
    cast(shown_qty as numeric(18, 3)) as qty,
    cast(case when is_shown then dealers end as bigint) as dealers,
    cast(case when is_shown then customers end as bigint) as customers,
    cast(
        case when weeks_13 = 13 and qty_13 > 0 then round(100 * 13 * shown_qty / qty_13, 3) end
        as numeric(18, 3)
    ) as demand_index,
    cast(
        case when weeks_4 = 4 and qty_4 > 0 then round(4 * shown_qty / qty_4 - 1, 6) end
        as numeric(18, 6)
    ) as growth,
    not is_shown as is_suppressed
from dated
where {{ in_slices('slice', months) }}
