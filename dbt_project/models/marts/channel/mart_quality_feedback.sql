{%- set months = affected_months('mart_quality_feedback') %}
{%- set year = months_with(months, back=11) %}
with month as (
    select
        slice,
        seen
    from {{ month_pairs(months, 0, 11) }} as pair
),

report as (
    select
        month.slice,
        q.product_id,
        q.lot,
        q.dealer_id,
        q.detected_at,
        q.qty_failed,
        q.qty_inspected
    from month
    inner join {{ candidate('fct_quality_feedback', year) }} as q on month.seen = q.slice
),

lot as (
    select
        slice,
        product_id,
        lot,
        sum(qty_failed) as failed,
        sum(qty_inspected) as inspected,
        count(*) as reports,
        min(detected_at) as first_detected_at,
        max(detected_at) as last_detected_at
    from report
    where lot is not null
    group by
        slice,
        product_id,
        lot
),

-- reports without a lot count for the part and for all
part as (
    select
        slice,
        product_id,
        sum(qty_failed) as failed,
        sum(qty_inspected) as inspected
    from report
    group by
        slice,
        product_id
),

whole as (
    select
        slice,
        sum(failed) as failed,
        sum(inspected) as inspected
    from part
    group by slice
),

-- what else was inspected: of the part, and where there is nothing of it, of all parts
compared as (
    select
        lot.*,
        case when part.inspected > lot.inspected then 'part' when whole.inspected > lot.inspected then 'all' end as base_of,
        case when part.inspected > lot.inspected then part.failed else whole.failed end - lot.failed as base_failed,
        case when part.inspected > lot.inspected then part.inspected else whole.inspected end - lot.inspected as base_inspected
    from lot
    inner join part on lot.slice = part.slice and lot.product_id = part.product_id
    inner join whole on lot.slice = whole.slice
),

rated as (
    select
        compared.*,
        failed / nullif(inspected, 0) as failure_rate,
        {{ wilson('failed', 'inspected', '-') }} as rate_low,
        {{ wilson('failed', 'inspected', '+') }} as rate_high,
        base_failed / nullif(base_inspected, 0) as base_rate,
        {{ wilson('base_failed', 'base_inspected', '+') }} as base_high
    from compared
),

reporter as (
    select
        slice,
        product_id,
        lot,
        count(*) as dealers,
        {{ dbt.listagg('dealer_id', "', '", 'order by dealer_id') }} as dealer_list
    from (
        select distinct
            slice,
            product_id,
            lot,
            dealer_id
        from report
        where lot is not null
    ) as once
    group by
        slice,
        product_id,
        lot
),

receiver as (
    select
        slice,
        product_id,
        lot,
        count(*) as dealers,
        {{ dbt.listagg('dealer_id', "', '", 'order by dealer_id') }} as dealer_list,
        sum(qty) as qty
    from (
        select
            lot.slice,
            lot.product_id,
            lot.lot,
            s.dealer_id,
            sum(s.qty) as qty
        from lot
        inner join
            {{ candidate('fct_sell_in', months_with(months, back=11 + var('lot_months'))) }} as s
            on lot.product_id = s.product_id and lot.lot = s.lot
        where
            s.slice <= lot.slice
            -- however much of the past a batch reads
            and s.slice >= {{ dbt.dateadd('month', -(11 + var('lot_months')), 'lot.slice') }}
        group by
            lot.slice,
            lot.product_id,
            lot.lot,
            s.dealer_id
    ) as once
    group by
        slice,
        product_id,
        lot
),

elsewhere as (
    select
        month.slice,
        e.product_id,
        e.detail,
        count(*) as lines_elsewhere
    from month
    inner join {{ candidate('fct_diversion_evidence', year) }} as e on month.seen = e.slice
    where e.signal = 'lot_elsewhere'
    group by
        month.slice,
        e.product_id,
        e.detail
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    rated.slice,
    rated.product_id,
    rated.lot,
    rated.first_detected_at,
    rated.last_detected_at,
    cast(rated.reports as integer) as reports,
    cast(rated.failed as numeric(18, 3)) as qty_failed,
    cast(rated.inspected as numeric(18, 3)) as qty_inspected,
    cast(rated.failure_rate as numeric(10, 6)) as failure_rate,
    cast(rated.rate_low as numeric(10, 6)) as failure_rate_low,
    cast(rated.rate_high as numeric(10, 6)) as failure_rate_high,
    rated.base_of,
    cast(rated.base_inspected as numeric(18, 3)) as base_qty_inspected,
    cast(rated.base_rate as numeric(10, 6)) as base_rate,
    cast(rated.base_high as numeric(10, 6)) as base_rate_high,
    coalesce(rated.rate_low > {{ var('quality_attention') }} * rated.base_high, false) as needs_attention,
    cast(reporter.dealers as integer) as reporting_dealers,
    reporter.dealer_list as reported_by,
    cast(coalesce(receiver.dealers, 0) as integer) as receiving_dealers,
    receiver.dealer_list as shipped_to,
    cast(receiver.qty as numeric(18, 3)) as qty_shipped,
    cast(coalesce(elsewhere.lines_elsewhere, 0) as integer) as lines_elsewhere,
    elsewhere.lines_elsewhere is not null as turned_up_elsewhere
from rated
inner join reporter
    on rated.slice = reporter.slice and rated.product_id = reporter.product_id and rated.lot = reporter.lot
left join receiver
    on rated.slice = receiver.slice and rated.product_id = receiver.product_id and rated.lot = receiver.lot
left join elsewhere
    on
        rated.slice = elsewhere.slice
        and rated.product_id = elsewhere.product_id
        and elsewhere.detail = 'lot ' || rated.lot
