{{ config(slice_of='order') }}
{%- set parts = [
    'report_quality', 'turnover', 'dead_stock', 'on_time_orders', 'diversion', 'load_in', 'reconciliation',
] %}
{%- set months = order_months('mart_channel_health') %}
{%- set before = months_with(months, back=1) | reject('in', months) | list %}
with policy as (
    select
        month.slice,
        version.policy_version,
        {%- for part in parts %}
        max(case when weight.part = '{{ part }}' then weight.weight else 0 end) as w_{{ part }},
        {%- endfor %}
        max(case when parameter.parameter = 'turnover_target' then parameter.value end) as turnover_target,
        max(case when parameter.parameter = 'dead_share_limit' then parameter.value end) as dead_share_limit,
        max(case when parameter.parameter = 'load_in_limit' then parameter.value end) as load_in_limit
    from {{ month_rows(months) }} as month
    inner join {{ ref('int_policy__in_force') }} as version
        on {{ policy_holds('version', 'channel_health', 'month.month_end') }}
    inner join {{ ref('stg_policy__weight') }} as weight
        on version.policy = weight.policy and version.policy_version = weight.policy_version
    inner join {{ ref('stg_policy__parameter') }} as parameter
        on version.policy = parameter.policy and version.policy_version = parameter.policy_version
    group by
        month.slice,
        version.policy_version
),

-- each part from 0, as bad as it matters, to 1, as good as it needs to be
part as (
    select
        m.*,
        policy.policy_version,
        {%- for part in parts %}
        policy.w_{{ part }},
        {%- endfor %}
        m.report_quality as s_report_quality,
        {{ clamped('m.turnover / policy.turnover_target') }} as s_turnover,
        -- none left at five times the limit
        {{ clamped('1 - (m.dead_share / policy.dead_share_limit - 1) / 4') }} as s_dead_stock,
        m.on_time_share as s_on_time_orders,
        1 - m.diversion_score as s_diversion,
        {{ clamped('(policy.load_in_limit - m.load_in_ratio) / (policy.load_in_limit - 1)') }} as s_load_in,
        {{ clamped('1 - m.unmatched_share') }} as s_reconciliation
    from {{ ref('int_channel__measured') }} as m
    inner join policy on m.slice = policy.slice
),

-- a part that cannot be told gives its weight to the others
weighed as (
    select
        part.*,
        nullif(
            {%- for part in parts %}
            case when s_{{ part }} is null then 0 else w_{{ part }} end{{ ' +' if not loop.last }}
            {%- endfor %},
            0
        ) as whole
    from part
),

contribution as (
    select
        weighed.*,
        {%- for part in parts %}
        round(coalesce(w_{{ part }} * s_{{ part }} / whole, 0), 6) as c_{{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from weighed
),

scored as (
    select
        contribution.*,
        {%- for part in parts %}
        c_{{ part }}{{ ' +' if not loop.last }}
        {%- endfor %} as score
    from contribution
    where whole is not null
),

-- the month before: built now, or in an earlier batch
known as (
    select
        slice,
        dealer_id,
        score,
        {%- for part in parts %}
        c_{{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from scored
    union all
    select
        slice,
        dealer_id,
        score,
        {%- for part in parts %}
        from_{{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ candidate('mart_channel_health', before) }} as b
),

compared as (
    select
        scored.*,
        known.score as score_before,
        {%- for part in parts %}
        abs(scored.c_{{ part }} - known.c_{{ part }}) as d_{{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from scored
    left join known
        on
            scored.dealer_id = known.dealer_id
            and known.slice = cast({{ dbt.dateadd('month', -1, 'scored.slice') }} as date)
),

moved as (
    select
        compared.*,
        greatest(
            {%- for part in parts %}
            d_{{ part }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as most
    from compared
),

levelled as (
    select
        moved.*,
        level.level,
        row_number() over (
            partition by moved.slice, moved.dealer_id
            order by level.rank
        ) as place
    from moved
    inner join {{ ref('stg_policy__level') }} as level
        on
            moved.policy_version = level.policy_version
            and level.policy = 'channel_health'
            and moved.score >= level.from_score
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    dealer_id,
    role,
    tier,
    policy_version,
    cast(score as numeric(8, 6)) as score,
    level,
    cast(score_before as numeric(8, 6)) as score_before,
    cast(score - score_before as numeric(8, 6)) as score_change,
    case
        when score = score_before then null
        {%- for part in parts %}
        when d_{{ part }} = most then '{{ part }}'
        {%- endfor %}
    end as moved_by,
    {%- for part in parts %}
    cast(c_{{ part }} as numeric(8, 6)) as from_{{ part }},
    {%- endfor %}
    cast(report_quality as numeric(8, 6)) as report_quality,
    cast(turnover as numeric(18, 6)) as turnover,
    cast(dead_share as numeric(12, 6)) as dead_share,
    cast(on_time_share as numeric(8, 6)) as on_time_share,
    cast(diversion_score as numeric(8, 6)) as diversion_score,
    cast(suspect_cells as integer) as suspect_cells,
    cast(open_complaints as integer) as open_complaints,
    cast(load_in_ratio as numeric(18, 6)) as load_in_ratio,
    cast(unmatched_share as numeric(12, 6)) as unmatched_share,
    cast(pos_amount as numeric(24, 6)) as pos_amount_vendor,
    cast(stock_value as numeric(24, 6)) as stock_value_vendor,
    cast(customers as integer) as customers,
    cast(customer_hhi as numeric(12, 4)) as customer_hhi
from levelled
where place = 1
