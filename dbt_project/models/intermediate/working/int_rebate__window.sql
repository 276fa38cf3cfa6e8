{{ config(one_slice=true) }}

-- The period itself; the year before it, where it is evaluated to date; the same months a year ago,
-- where growth is measured against them.
select
    rule.batch_id,
    rule.slice,
    rule.programme,
    rule.rule_version,
    month.month,
    case
        when month.month between rule.slice and rule.last_month then 'period'
        when month.month >= {{ dbt.date_trunc('year', 'rule.slice') }} then 'before'
        else 'baseline'
    end as part
from {{ ref('int_rebate__period') }} as rule
inner join (
    select distinct month_start as month
    from {{ candidate('dim_date') }} as d
    where month_start <= {{ date_literal(last_month() or var('whole')) }}
) as month
    on
        month.month between rule.slice and rule.last_month
        or (
            rule.basis = 'year_to_date'
            and month.month >= {{ dbt.date_trunc('year', 'rule.slice') }}
            and rule.slice > month.month
        )
        or (
            rule.baseline = 'prior_year'
            and month.month between {{ dbt.dateadd('month', -12, 'rule.slice') }}
            and {{ dbt.dateadd('month', -12, 'rule.last_month') }}
        )
where rule.batch_id = {{ var('batch_id') | int }}
