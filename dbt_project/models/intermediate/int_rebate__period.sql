-- The version that holds for a period is the highest one that is valid on its first day.
with month as (
    {%- for month in rebate_periods() %}
    select {{ date_literal(month) }} as slice
    {{ 'union all' if not loop.last }}
    {%- else %}
    select {{ date_literal(var('whole')) }} as slice where 1 = 0
    {%- endfor %}
),

held as (
    select
        month.slice,
        rule.*,
        row_number() over (
            partition by month.slice, rule.programme
            order by rule.version desc
        ) as place
    from month
    inner join {{ source('rebate', 'programme') }} as rule
        on
            month.slice >= rule.valid_from
            and (rule.valid_to is null or month.slice <= rule.valid_to)
            and mod(cast(extract(month from month.slice) as integer) - 1, rule.period_months) = 0
    where {{ rebate_known('rule') }}
)

select
    slice,
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 'period_months', 'slice')) }} as date) as period_end,
    cast({{ dbt.dateadd('month', 'period_months - 1', 'slice') }} as date) as last_month,
    simulation,
    programme,
    version as rule_version,
    component,
    name_en,
    name_zh,
    period_months,
    source,
    measure as unit,
    tax_factor,
    vat_rate,
    deduct_debit,
    fx,
    returns,
    dealer_sales,
    design_registered_only,
    mode,
    mode in ('growth_retro', 'growth_retro_on_growth', 'growth_marginal') as is_growth,
    basis,
    includes_boundary,
    baseline,
    cap,
    floor,
    rounding_mode,
    rounding_level,
    stacking_level,
    net_of_lower,
    min_report_quality,
    blocked_by_diversion
from held
where place = 1
