{{ config(one_slice=true) }}
{%- set touched = affected_months() %}
-- depends_on: {{ ref('fct_pos') }}
{%- set of_quality = affected_months('mart_report_quality') %}
{%- set of_dealer = affected_months('int_rebate__eligible') if batch_brings(['certification', 'complaint']) else [] %}

with rule as (
    select
        r.*,
        cast({{ dbt.date_trunc('month', 'r.valid_from') }} as date) as first_month,
        coalesce(t.batch_id = {{ var('batch_id') | int }}, false) as is_new
    from {{ source('rebate', 'programme') }} as r
    left join {{ source('rebate', 'taken_up') }} as t
        on
            r.programme = t.programme
            and r.version = t.version
            and r.simulation = 0
    where
        r.simulation = {{ var('simulation') | int }}
        and (r.simulation > 0 or r.registered_at <= {{ known_at() }})
),

month as (
    select distinct month_start as month
    from {{ candidate('dim_date') }} as d
    where month_start <= {{ date_literal(last_month() or var('whole')) }}
),

-- Months that changed: those of the batch; with report quality, those whose score may differ; with
-- tiers or diversion cases, those that an assessment or a complaint reaches; with returns in their
-- original period, those that a return links to them; of a rule that is new, all.
changed as (
    select
        rule.programme,
        rule.version,
        month.month
    from rule
    cross join month
    left join (
        select distinct
            programme,
            version
        from {{ source('rebate', 'scope') }}
        where kind = 'tier' and simulation = {{ var('simulation') | int }}
    ) as tiered on rule.programme = tiered.programme and rule.version = tiered.version
    where
        {{ in_slices('month.month', touched) }}
        or (rule.is_new and month.month >= rule.first_month)
        or (rule.min_report_quality is not null and {{ in_slices('month.month', of_quality) }})
        or ((rule.blocked_by_diversion or tiered.programme is not null) and {{ in_slices('month.month', of_dealer) }})
    {%- if touched %}
    union distinct
    select
        rule.programme,
        rule.version,
        linked.month
    from rule
    cross join ({{ rebate_linked_months(touched) }}) as linked
    where rule.returns = 'original_period'
    {%- endif %}
    union distinct
    select
        rule.programme,
        rule.version,
        claim.pos_month as month
    from rule
    cross join (
        select c.pos_month from {{ ref('mart_debit_claim') }} as c
        where c.batch_id = {{ var('batch_id') | int }} and c.pos_month is not null
        union distinct
        select c.pos_month from {{ ref('mart_debit_claim') }} as c
        inner join {{ source('ctl', 'published_slice') }} as pointer
            on
                c.batch_id = pointer.batch_id
                and c.slice = pointer.slice
                and pointer.mart = 'mart_debit_claim'
        where {{ in_slices('c.slice', touched) }} and c.pos_month is not null
    ) as claim
    where rule.deduct_debit
),

period as (
    select
        month.month as slice,
        rule.*,
        cast({{ dbt.dateadd('month', 'rule.period_months - 1', 'month.month') }} as date) as last_month,
        row_number() over (
            partition by month.month, rule.programme
            order by rule.version desc
        ) as place
    from month
    inner join rule
        on
            month.month >= rule.valid_from
            and (rule.valid_to is null or month.month <= rule.valid_to)
            and mod(cast(extract(month from month.month) as integer) - 1, rule.period_months) = 0
),

-- A month changes its own period; later periods of the year that are evaluated to date; for 12
-- months who is a new customer; and the period a year on that is measured against it.
affected as (
    select distinct period.slice
    from period
    inner join changed
        on
            period.programme = changed.programme
            and period.version = changed.version
            and (
                changed.month between
                case
                    when period.measure = 'new_customers' then {{ dbt.dateadd('month', -12, 'period.slice') }}
                    else period.slice
                end
                and period.last_month
                or (
                    period.basis = 'year_to_date'
                    and changed.month between {{ dbt.date_trunc('year', 'period.slice') }} and period.last_month
                )
                or (
                    period.baseline = 'prior_year'
                    and changed.month between {{ dbt.dateadd('month', -12, 'period.slice') }}
                    and {{ dbt.dateadd('month', -12, 'period.last_month') }}
                )
            )
)

-- the version that holds for a period is the highest one that is valid on its first day
select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    period.slice,
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'period.last_month')) }} as date) as period_end,
    period.last_month,
    period.simulation,
    period.programme,
    period.version as rule_version,
    period.component,
    period.period_months,
    period.source,
    period.measure as unit,
    period.tax_factor,
    period.vat_rate,
    period.deduct_debit,
    period.fx,
    period.returns,
    period.dealer_sales,
    period.design_registered_only,
    period.mode,
    period.mode in ('growth_retro', 'growth_retro_on_growth', 'growth_marginal') as is_growth,
    period.basis,
    period.includes_boundary,
    period.baseline,
    period.cap,
    period.floor,
    period.rounding_mode,
    period.rounding_level,
    period.stacking_level,
    period.net_of_lower,
    period.min_report_quality,
    period.blocked_by_diversion
from period
inner join affected on period.slice = affected.slice
where period.place = 1
