-- What each month of a period's windows counts: the period itself, the year before it (year to
-- date), and the same months a year ago (growth).
with rule as (
    select * from {{ ref('int_rebate__period') }}
),

month as (
    {%- for month in rebate_months() %}
    select {{ date_literal(month) }} as month
    {{ 'union all' if not loop.last }}
    {%- else %}
    select {{ date_literal(var('whole')) }} as month where 1 = 0
    {%- endfor %}
),

in_window as (
    select
        rule.*,
        month.month,
        case
            when month.month between rule.slice and rule.last_month then 'period'
            when rule.basis = 'year_to_date' and month.month < rule.slice
                and month.month >= cast({{ dbt.date_trunc('year', 'rule.slice') }} as date) then 'before'
            when rule.baseline = 'prior_year'
                and month.month between {{ dbt.dateadd('month', -12, 'rule.slice') }}
                and {{ dbt.dateadd('month', -12, 'rule.last_month') }} then 'baseline'
        end as part
    from rule
    cross join month
),

member as (
    select distinct
        part_set,
        programme,
        rule_version
    from {{ ref('int_rebate__part') }}
),

counted as (
    select
        rule.slice,
        rule.programme,
        rule.rule_version,
        rule.part,
        rule.month,
        cell.dealer_id,
        member.part_set,
        cell.line_count,
        {{ rebate_measure('cell', 'rule', 'fx') }} as measure
    from {{ ref('int_rebate__cell') }} as cell
    inner join member on cell.part_set = member.part_set
    inner join in_window as rule
        on
            member.programme = rule.programme
            and member.rule_version = rule.rule_version
            and {{ rebate_month('cell', 'rule') }} = rule.month
            and {{ rebate_counts('cell', 'rule') }}
    inner join {{ ref('int_rebate__dealer') }} as dealer
        on
            rule.slice = dealer.slice
            and rule.programme = dealer.programme
            and cell.dealer_id = dealer.dealer_id
    left join {{ ref('int_rebate__rate') }} as fx
        on
            rule.slice = fx.slice
            and rule.last_month = fx.last_month
            and cell.currency = fx.currency
    where
        cell.batch_id = {{ var('batch_id') | int }}
        and rule.part is not null
)

select
    slice,
    programme,
    rule_version,
    dealer_id,
    part,
    month,
    part_set,
    sum(line_count) as line_count,
    sum(measure) as measure
from counted
group by
    slice,
    programme,
    rule_version,
    dealer_id,
    part,
    month,
    part_set
