{{ config(slice_of='period') }}
-- depends_on: {{ ref('int_rebate__period') }}

with paid as (
    select * from {{ ref('int_rebate__paid') }}
),

settled as (
    select
        dealer_id,
        programme,
        period_start,
        max(version) as settled_version,
        sum(delta) as settled_before
    from {{ source('rebate', 'settlement') }}
    where posted_at <= {{ known_at() }}
    group by
        dealer_id,
        programme,
        period_start
),

-- the least that reaches the next band; just above the threshold where the threshold itself is below it
next_point as (
    select
        paid.slice,
        paid.programme,
        paid.dealer_id,
        paid.baseline_measure as reference,
        min(band.from_value * case when paid.is_growth then paid.baseline_measure else 1 end)
        + max(case when paid.includes_boundary then 0 when paid.unit = 'amount' then 0.01 else 1 end) as actual
    from paid
    inner join {{ source('rebate', 'band') }} as band
        on
            paid.simulation = band.simulation
            and paid.programme = band.programme
            and paid.rule_version = band.version
            and (
                paid.evaluated < band.from_value * case when paid.is_growth then paid.baseline_measure else 1 end
                or (
                    not paid.includes_boundary
                    and paid.evaluated = band.from_value * case when paid.is_growth then paid.baseline_measure else 1 end
                )
            )
    where paid.basis <> 'line'
    group by
        paid.slice,
        paid.programme,
        paid.dealer_id,
        paid.baseline_measure
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    paid.slice,
    {{ dbt.concat(['paid.dealer_id', "'/'", 'paid.programme', "'/'", text_of('paid.slice')]) }} as statement_id,
    cast(
        greatest(coalesce(settled.settled_version, 0) + case when paid.amount <> coalesce(settled.settled_before, 0) then 1 else 0 end, 1)
        as integer
    ) as version,
    paid.dealer_id,
    paid.programme,
    paid.component,
    paid.rule_version,
    paid.period_end,
    paid.unit,
    cast(paid.line_count as bigint) as line_count,
    cast(paid.measure as numeric(30, 8)) as measure,
    cast(paid.before_measure as numeric(30, 8)) as before_measure,
    cast(paid.baseline_measure as numeric(30, 8)) as baseline_measure,
    cast(paid.lower_levels as numeric(24, 6)) as lower_levels,
    cast(paid.evaluated as numeric(30, 8)) as evaluated,
    cast(paid.band_no as integer) as band_no,
    cast(paid.band_from as numeric(30, 8)) as band_from,
    cast(paid.rate as numeric(18, 8)) as rate,
    cast(paid.earned as numeric(38, 20)) as earned,
    paid.bound,
    cast(paid.report_quality as numeric(8, 6)) as report_quality,
    paid.ineligible_reason,
    cast(paid.amount as numeric(18, 2)) as amount,
    cast(next_point.actual - paid.evaluated as numeric(30, 8)) as to_next_band,
    cast(
        case when paid.ineligible_reason is null
            then {{ rebate_cents('next_value.earned - paid.earned_before', 'paid.rounding_mode') }}
        end as numeric(18, 2)
    ) as amount_at_next_band,
    cast(coalesce(settled.settled_version, 0) as integer) as settled_version,
    cast(coalesce(settled.settled_before, 0) as numeric(18, 2)) as settled_before,
    paid.vat_rate
from paid
left join next_point
    on
        paid.slice = next_point.slice
        and paid.programme = next_point.programme
        and paid.dealer_id = next_point.dealer_id
left join {{ rebate_earned('next_point', key=['dealer_id']) }} as next_value
    on
        paid.slice = next_value.slice
        and paid.programme = next_value.programme
        and paid.dealer_id = next_value.dealer_id
left join settled
    on
        paid.slice = settled.period_start
        and paid.programme = settled.programme
        and paid.dealer_id = settled.dealer_id
        and paid.simulation = 0
