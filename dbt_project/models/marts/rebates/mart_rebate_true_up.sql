{{ config(slice_of='period') }}
-- depends_on: {{ ref('int_rebate__period') }}
{%- set causes = ['rule', 'reference', 'master_data', 'restatement', 'late', 'return'] %}

with settlement as (
    select
        s.*,
        row_number() over (
            partition by s.statement_id
            order by s.version desc
        ) as place
    from {{ source('rebate', 'settlement') }} as s
    where s.posted_at <= {{ known_at() }}
),

-- the statement as it was proposed, beside what it is now
pinned as (
    select
        now.slice,
        now.statement_id,
        max(v.batch_id) as batch_id
    from {{ ref('mart_rebate_statement') }} as now
    inner join settlement on now.statement_id = settlement.statement_id and settlement.place = 1
    inner join {{ source('ctl', 'slice_version') }} as v
        on
            now.slice = v.slice
            and settlement.batch_id >= v.batch_id
            and v.mart = 'mart_rebate_statement'
    inner join {{ source('ctl', 'batch') }} as b on v.batch_id = b.batch_id
    where
        now.batch_id = {{ var('batch_id') | int }}
        and b.status = 'published'
        and b.kind = 'publication'
    group by
        now.slice,
        now.statement_id
),

moved as (
    select
        slice,
        statement_id,
        {%- for cause in causes[2:] %}
        sum(case when cause = '{{ cause }}' then measure else 0 end) as by_{{ cause }},
        sum(case when cause = '{{ cause }}' then amount else 0 end) as paid_by_{{ cause }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_rebate__moved') }}
    group by
        slice,
        statement_id
),

statement as (
    select
        now.*,
        rule.basis,
        rule.rounding_mode,
        settlement.rule_version as old_rule_version,
        now.rule_version <> settlement.rule_version as rule_changed,
        was.ineligible_reason as old_ineligible_reason,
        was.measure as old_measure,
        -- under another rule the old reference says nothing
        case when now.rule_version = settlement.rule_version then was.before_measure else now.before_measure end as old_before,
        case when now.rule_version = settlement.rule_version then was.baseline_measure else now.baseline_measure end as old_baseline,
        case when now.rule_version = settlement.rule_version then was.lower_levels else now.lower_levels end as old_lower,
        {%- for cause in causes[2:] %}
        coalesce(moved.by_{{ cause }}, 0) as by_{{ cause }},
        coalesce(moved.paid_by_{{ cause }}, 0) as paid_by_{{ cause }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('mart_rebate_statement') }} as now
    inner join {{ rebate_rule() }} as rule on now.slice = rule.slice and now.programme = rule.programme
    inner join settlement on now.statement_id = settlement.statement_id and settlement.place = 1
    inner join pinned on now.statement_id = pinned.statement_id
    inner join {{ ref('mart_rebate_statement') }} as was
        on pinned.batch_id = was.batch_id and pinned.statement_id = was.statement_id
    left join moved on now.statement_id = moved.statement_id
    where
        now.batch_id = {{ var('batch_id') | int }}
        and now.amount <> now.settled_before
),

-- One cause after the other, in this order; what the rule changed of old lines belongs to the rule.
step as (
    select
        s.*,
        0 as step_no,
        old_measure + case when rule_changed then by_master_data else 0 end as measure_here,
        old_before as before_here,
        old_baseline as reference,
        old_lower as lower_here
    from statement as s
    {%- set sums = ['old_measure', 'case when rule_changed then by_master_data else 0 end'] %}
    {%- for cause in causes[1:] %}
    {%- if cause == 'master_data' %}{% set _ = sums.append('case when rule_changed then 0 else by_master_data end') %}
    {%- elif cause != 'reference' %}{% set _ = sums.append('by_' ~ cause) %}
    {%- endif %}
    union all
    select
        s.*,
        {{ loop.index }} as step_no,
        {{ sums | join(' + ') }} as measure_here,
        before_measure as before_here,
        baseline_measure as reference,
        lower_levels as lower_here
    from statement as s
    {%- endfor %}
),

to_date as (
    select
        slice,
        programme,
        dealer_id,
        step_no,
        before_here + measure_here - lower_here as actual,
        reference
    from step
    where basis <> 'line'
),

before as (
    select
        slice,
        programme,
        dealer_id,
        step_no,
        before_here as actual,
        reference
    from step
    where basis = 'year_to_date'
),

amount as (
    select
        step.*,
        case
            when step.old_ineligible_reason is not null then 0
            else {{ rebate_cents('(value.earned - coalesce(value_before.earned, 0))', 'step.rounding_mode') }}
        end as amount_here
    from step
    inner join {{ rebate_earned('to_date', key=['dealer_id', 'step_no']) }} as value
        on
            step.slice = value.slice
            and step.programme = value.programme
            and step.dealer_id = value.dealer_id
            and step.step_no = value.step_no
    left join {{ rebate_earned('before', key=['dealer_id', 'step_no']) }} as value_before
        on
            step.slice = value_before.slice
            and step.programme = value_before.programme
            and step.dealer_id = value_before.dealer_id
            and step.step_no = value_before.step_no
),

wide as (
    select
        statement_id,
        {%- for cause in causes %}
        max(case when step_no = {{ loop.index0 }} then amount_here end) as after_{{ cause }}{{ ',' if not loop.last }}
        {%- endfor %}
    from amount
    group by statement_id
),

split as (
    {%- for cause in causes %}
    select
        s.statement_id,
        '{{ cause }}' as cause,
        {%- if cause == 'rule' %}
        case
            when not s.rule_changed then 0
            when s.basis <> 'line' then wide.after_rule - s.settled_before
            else s.amount - s.settled_before - s.paid_by_restatement - s.paid_by_late - s.paid_by_return
        end as amount
        {%- elif cause == 'reference' %}
        case when s.basis <> 'line' then wide.after_reference - wide.after_rule else 0 end as amount
        {%- elif cause == 'master_data' %}
        case
            when s.basis <> 'line' then wide.after_master_data - wide.after_reference
            when s.rule_changed then 0
            else s.paid_by_master_data
        end as amount
        {%- else %}
        case when s.basis <> 'line' then wide.after_{{ cause }} - wide.after_{{ causes[loop.index0 - 1] }} else s.paid_by_{{ cause }} end
            as amount
        {%- endif %}
    from statement as s
    left join wide on s.statement_id = wide.statement_id
    union all
    {%- endfor %}
    select
        s.statement_id,
        'eligibility' as cause,
        case
            when s.old_ineligible_reason is null and s.ineligible_reason is not null
                then -coalesce(wide.after_{{ causes[-1] }}, s.settled_before)
            when s.old_ineligible_reason is not null and s.ineligible_reason is null then s.amount - s.settled_before
            else 0
        end as amount
    from statement as s
    left join wide on s.statement_id = wide.statement_id
),

-- cents that rounding line by line, or a bound on lines, leaves between the causes
rest as (
    select
        s.statement_id,
        s.amount - s.settled_before - sum(split.amount) as amount
    from statement as s
    inner join split on s.statement_id = split.statement_id
    group by
        s.statement_id,
        s.amount,
        s.settled_before
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    s.slice,
    s.statement_id,
    s.version,
    s.dealer_id,
    s.programme,
    s.component,
    cause.cause,
    cast(cause.amount as numeric(18, 2)) as amount
from statement as s
inner join (
    select * from split
    union all
    select
        statement_id,
        'rounding' as cause,
        amount
    from rest
) as cause on s.statement_id = cause.statement_id
where cause.amount <> 0
