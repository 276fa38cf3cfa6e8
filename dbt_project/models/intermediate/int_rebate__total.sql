-- What each month of a period's windows counts: the period itself, the year before it (year to
-- date), and the same months a year ago (growth).
with rule as (
    select * from {{ rebate_rule() }}
),

in_window as (
    select
        rule.*,
        seen.month,
        seen.part
    from {{ ref('int_rebate__window') }} as seen
    inner join rule on seen.slice = rule.slice and seen.programme = rule.programme
    where seen.batch_id = {{ var('batch_id') | int }}
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
    where cell.batch_id = {{ var('batch_id') | int }}
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
