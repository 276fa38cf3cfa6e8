-- depends_on: {{ ref('int_rebate__measured') }}, {{ ref('int_rebate__part') }}
{%- set by_line = rebate_uses('basis', "'line'") or rebate_uses('rounding_level', "'line'") %}
with total as (
    select
        slice,
        programme,
        dealer_id,
        sum(case when part = 'period' then line_count else 0 end) as line_count,
        coalesce(sum(case when part = 'period' then measure end), 0) as measure,
        coalesce(sum(case when part = 'before' then measure end), 0) as before_measure,
        sum(case when part = 'baseline' then measure end) as prior_year
    from {{ ref('int_rebate__total') }}
    group by
        slice,
        programme,
        dealer_id
),

-- a settled statement stands, also when no line of it is left
due as (
    select
        slice,
        programme,
        dealer_id
    from total
    where line_count > 0
    union distinct
    select
        rule.slice,
        rule.programme,
        settled.dealer_id
    from {{ source('rebate', 'settlement') }} as settled
    inner join {{ rebate_rule() }} as rule
        on settled.period_start = rule.slice and settled.programme = rule.programme
    where rule.simulation = 0 and settled.posted_at <= {{ known_at() }}
),

statement as (
    select
        rule.*,
        due.dealer_id,
        coalesce(total.line_count, 0) as line_count,
        coalesce(total.measure, 0) as measure,
        coalesce(total.before_measure, 0) as before_measure,
        case rule.baseline when 'targets' then target.baseline when 'prior_year' then total.prior_year end
            as baseline_measure,
        eligible.report_quality,
        eligible.ineligible_reason
    from due
    inner join {{ rebate_rule() }} as rule
        on due.slice = rule.slice and due.programme = rule.programme
    left join total
        on
            due.slice = total.slice
            and due.programme = total.programme
            and due.dealer_id = total.dealer_id
    left join {{ source('rebate', 'target') }} as target
        on
            rule.simulation = target.simulation
            and rule.programme = target.programme
            and rule.rule_version = target.version
            and due.dealer_id = target.dealer_id
    left join {{ ref('int_rebate__eligible') }} as eligible
        on
            due.slice = eligible.slice
            and due.programme = eligible.programme
            and due.dealer_id = eligible.dealer_id
),

{%- if by_line %}

line as (
    select * from {{ ref('int_rebate__measured') }}
    where basis = 'line' or rounding_level = 'line'
),

own_line as (
    select
        line.*,
        value.earned as own_earned
    from line
    left join {{ rebate_earned(
        "(select slice, programme, submission_id, row_no, measure as actual, cast(null as numeric) as reference"
        ~ " from line where basis = 'line')",
        key=['submission_id', 'row_no'], bounded=false
    ) }} as value
        on
            line.slice = value.slice
            and line.programme = value.programme
            and line.submission_id = value.submission_id
            and line.row_no = value.row_no
),
{%- endif %}

{%- for condition, is_net in rebate_passes() %}
{%- set n = loop.index %}
{%- if is_net %}

-- What lower levels paid the dealer for the period, on the parts that this programme covers too.
lower_{{ n }} as (
    select
        rule.slice,
        rule.programme,
        rule.dealer_id,
        sum(round(paid.amount * common.measure / paid.measure, 6)) as paid
    from statement as rule
    inner join (
        {%- for earlier in range(1, n) %}
        select * from paid_{{ earlier }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as paid
        on
            rule.slice = paid.slice
            and rule.dealer_id = paid.dealer_id
            and rule.period_months = paid.period_months
            and rule.source = paid.source
            and rule.stacking_level > paid.stacking_level
            and paid.measure <> 0
    inner join (
        select
            t.slice,
            t.programme,
            t.dealer_id,
            member.programme as net_programme,
            member.rule_version as net_version,
            sum(t.measure) as measure
        from {{ ref('int_rebate__total') }} as t
        inner join (
            select distinct
                part_set,
                programme,
                rule_version
            from {{ ref('int_rebate__part') }}
        ) as member on t.part_set = member.part_set
        where t.part = 'period'
        group by
            t.slice,
            t.programme,
            t.dealer_id,
            member.programme,
            member.rule_version
    ) as common
        on
            paid.slice = common.slice
            and paid.programme = common.programme
            and paid.dealer_id = common.dealer_id
            and rule.programme = common.net_programme
            and rule.rule_version = common.net_version
    where {{ condition }}
    group by
        rule.slice,
        rule.programme,
        rule.dealer_id
),
{%- endif %}

due_{{ n }} as (
    select
        rule.*,
        {{ 'coalesce(lower_level.paid, 0)' if is_net else 'cast(0 as numeric)' }} as lower_levels
    from statement as rule
    {%- if is_net %}
    left join lower_{{ n }} as lower_level
        on
            rule.slice = lower_level.slice
            and rule.programme = lower_level.programme
            and rule.dealer_id = lower_level.dealer_id
    {%- endif %}
    where {{ condition }}
),

value_{{ n }} as (
    select
        due.*,
        due.before_measure + due.measure - due.lower_levels as evaluated,
        to_date.band_no,
        to_date.band_from,
        to_date.rate,
        coalesce(to_date.bound, before.bound) as bound,
        coalesce(before.earned, 0) as earned_before,
        to_date.earned - coalesce(before.earned, 0) as earned
    from due_{{ n }} as due
    inner join {{ rebate_earned(
        '(select *, before_measure + measure - lower_levels as actual, baseline_measure as reference from due_' ~ n ~ ')',
        key=['dealer_id']
    ) }} as to_date
        on
            due.slice = to_date.slice
            and due.programme = to_date.programme
            and due.dealer_id = to_date.dealer_id
    left join {{ rebate_earned(
        "(select *, before_measure as actual, baseline_measure as reference from due_" ~ n ~ " where basis = 'year_to_date')",
        key=['dealer_id']
    ) }} as before
        on
            due.slice = before.slice
            and due.programme = before.programme
            and due.dealer_id = before.dealer_id
    where due.basis <> 'line'
    {%- if by_line %}
    union all
    select
        due.*,
        due.measure as evaluated,
        cast(null as integer) as band_no,
        cast(null as numeric) as band_from,
        cast(null as numeric) as rate,
        case when own.earned > due.cap then 'cap' when own.earned < due.floor then 'floor' end as bound,
        cast(0 as numeric) as earned_before,
        case when own.earned > due.cap then due.cap when own.earned < due.floor then due.floor else own.earned end as earned
    from due_{{ n }} as due
    inner join (
        select
            slice,
            programme,
            dealer_id,
            sum(own_earned) as earned
        from own_line
        group by
            slice,
            programme,
            dealer_id
    ) as own
        on
            due.slice = own.slice
            and due.programme = own.programme
            and due.dealer_id = own.dealer_id
    where due.basis = 'line'
    {%- endif %}
),

paid_{{ n }} as (
    select
        value.*,
        case
            when value.ineligible_reason is not null then 0
            {%- if by_line %}
            when value.rounding_level = 'line' and value.bound is null then coalesce(rounded.amount, 0)
            {%- endif %}
            else {{ rebate_cents('value.earned', 'value.rounding_mode') }}
        end as amount
    from value_{{ n }} as value
    {%- if by_line %}
    left join (
        select
            slice,
            programme,
            dealer_id,
            sum({{ rebate_cents('share', 'rounding_mode') }}) as amount
        from {{ rebate_shares('own_line', 'value_' ~ n) }} as s
        where rounding_level = 'line'
        group by
            slice,
            programme,
            dealer_id
    ) as rounded
        on
            value.slice = rounded.slice
            and value.programme = rounded.programme
            and value.dealer_id = rounded.dealer_id
    {%- endif %}
),
{%- endfor %}

paid as (
    {%- for pass in rebate_passes() %}
    select * from paid_{{ loop.index }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from paid
