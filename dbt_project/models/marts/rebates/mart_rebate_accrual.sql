{{ config(slice_of='period') }}
-- depends_on: {{ ref('int_rebate__period') }}

with statement as (
    select
        s.*,
        rule.basis,
        rule.rounding_mode
    from {{ ref('mart_rebate_statement') }} as s
    inner join {{ rebate_rule() }} as rule on s.slice = rule.slice and s.programme = rule.programme
    where s.batch_id = {{ var('batch_id') | int }}
),

month as (
    select distinct
        slice,
        programme,
        month
    from {{ ref('int_rebate__window') }}
    where batch_id = {{ var('batch_id') | int }} and part = 'period'
),

counted as (
    select
        slice,
        programme,
        dealer_id,
        month,
        sum(measure) as measure
    from {{ ref('int_rebate__total') }}
    where part = 'period'
    group by
        slice,
        programme,
        dealer_id,
        month
),

to_date as (
    select
        statement.slice,
        statement.programme,
        statement.dealer_id,
        month.month,
        month.month = max(month.month) over (partition by statement.statement_id) as is_last,
        statement.baseline_measure as reference,
        sum(coalesce(counted.measure, 0)) over (
            partition by statement.statement_id
            order by month.month
            rows between unbounded preceding and current row
        ) as measure
    from statement
    inner join month on statement.slice = month.slice and statement.programme = month.programme
    left join counted
        on
            statement.slice = counted.slice
            and statement.programme = counted.programme
            and statement.dealer_id = counted.dealer_id
            and month.month = counted.month
),

-- what lower levels paid is taken off in proportion; a line has no rate of its own to a date
point as (
    select
        to_date.slice,
        to_date.programme,
        to_date.dealer_id,
        to_date.month,
        to_date.reference,
        statement.before_measure + to_date.measure
        - case
            when statement.measure <> 0 then round(statement.lower_levels * to_date.measure / statement.measure, 6)
            else 0
        end as actual
    from to_date
    inner join statement
        on
            to_date.slice = statement.slice
            and to_date.programme = statement.programme
            and to_date.dealer_id = statement.dealer_id
    where not to_date.is_last and statement.basis <> 'line'
),

before as (
    select
        slice,
        programme,
        dealer_id,
        before_measure as actual,
        baseline_measure as reference
    from statement
    where basis = 'year_to_date'
),

accrued as (
    select
        statement.slice,
        statement.statement_id,
        statement.dealer_id,
        statement.programme,
        statement.component,
        to_date.month,
        case
            when to_date.is_last then statement.amount
            when statement.ineligible_reason is not null then 0
            when statement.basis = 'line'
                then case when statement.measure <> 0 then round(statement.amount * to_date.measure / statement.measure, 2) else 0 end
            else {{ rebate_cents('(value.earned - coalesce(value_before.earned, 0))', 'statement.rounding_mode') }}
        end as accrued_to_date
    from statement
    inner join to_date
        on
            statement.slice = to_date.slice
            and statement.programme = to_date.programme
            and statement.dealer_id = to_date.dealer_id
    left join {{ rebate_earned('point', key=['dealer_id', 'month']) }} as value
        on
            to_date.slice = value.slice
            and to_date.programme = value.programme
            and to_date.dealer_id = value.dealer_id
            and to_date.month = value.month
    left join {{ rebate_earned('before', key=['dealer_id']) }} as value_before
        on
            to_date.slice = value_before.slice
            and to_date.programme = value_before.programme
            and to_date.dealer_id = value_before.dealer_id
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    statement_id,
    dealer_id,
    programme,
    component,
    month,
    cast(
        accrued_to_date - coalesce(lag(accrued_to_date) over (partition by statement_id order by month), 0) as numeric(18, 2)
    ) as accrued,
    cast(accrued_to_date as numeric(18, 2)) as accrued_to_date
from accrued
