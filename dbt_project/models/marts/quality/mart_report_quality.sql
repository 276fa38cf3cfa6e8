{{ config(reads_every_report=true) }}
{%- set months = affected_months('mart_report_quality') %}
{%- set around = months_with(months, back=3) %}
with month as (
    select * from {{ month_rows(months) }} as m
),

due as (
    select
        month.slice,
        month.next_slice,
        month.month_end,
        last_day.business_day_no + 5 as due_day_no,
        min(due_day.date_day) as due_date
    from month
    inner join {{ candidate('dim_date') }} as last_day
        on month.month_end = last_day.date_day
    inner join {{ candidate('dim_date') }} as due_day
        on last_day.business_day_no + 5 = due_day.business_day_no
    group by
        month.slice,
        month.next_slice,
        month.month_end,
        last_day.business_day_no
),

weight as (
    select
        due.slice,
        version.*,
        row_number() over (
            partition by due.slice
            order by version.valid_from desc, version.weights_version desc
        ) as recency
    from due
    inner join {{ ref('report_quality_weight') }} as version on due.slice >= version.valid_from
),

visible as (
    select
        *,
        {{ local_date('reported_at', "coalesce(time_zone, 'Asia/Shanghai')") }} as reported_on
    from {{ visible_submissions() }} as v
    where
        report in ('pos', 'stock')
        and {{ in_months('period_start', around) }}
),

replaced as (
    select distinct older.submission_id
    from visible as older
    inner join visible as newer
        on
            older.dealer_id = newer.dealer_id
            and older.report = newer.report
            and older.recency < newer.recency
            and older.period_start >= newer.period_start
            and older.period_end <= newer.period_end
    where newer.mode = 'full'
),

-- The first report counts for the time, the one that stands for the lines.
submission as (
    select
        visible.*,
        case when replaced.submission_id is null then 1 else 0 end as stands
    from visible
    left join replaced on visible.submission_id = replaced.submission_id
),

-- A dealer is expected to report from its first day on, as long as its contract is not ended.
expected as (
    select
        due.*,
        dealer.dealer_id,
        report.report
    from due
    inner join {{ candidate('dim_dealer') }} as dealer on {{ dealer_active('dealer', 'due.month_end') }}
    cross join (
        select 'pos' as report
        union all
        select 'stock' as report
    ) as report
),

reported as (
    select
        expected.slice,
        expected.dealer_id,
        expected.report,
        -- the report that reaches the month's end, else the last of the month
        coalesce(
            min(case when submission.period_end >= expected.month_end then submission.reported_on end),
            max(submission.reported_on)
        ) as reported_on,
        cast(sum(submission.stands * submission.lines_read) as bigint) as lines_read,
        cast(sum(submission.stands * submission.lines_quarantined) as bigint) as lines_quarantined,
        cast(sum(submission.stands * submission.lines_warned) as bigint) as lines_warned
    from expected
    inner join submission
        on
            expected.dealer_id = submission.dealer_id
            and expected.report = submission.report
            and expected.slice <= submission.period_end
            and expected.next_slice > submission.period_start
    group by
        expected.slice,
        expected.dealer_id,
        expected.report
),

held as (
    select
        slice,
        dealer_id,
        report,
        count(*) as lines_held
    from {{ candidate('mart_held_line', months) }} as h
    group by
        slice,
        dealer_id,
        report
),

store as (
    select distinct
        dealer_id,
        location_id,
        slice
    from {{ candidate('fct_inventory_daily', around) }} as i
),

-- Stores seen in the month or in one of the three months before it.
stores as (
    select
        month.slice,
        store.dealer_id,
        count(distinct store.location_id) as stores_expected,
        count(distinct case when store.slice = month.slice then store.location_id end) as stores_reported
    from month
    inner join store
        on
            month.slice >= store.slice
            and month.slice <= {{ dbt.dateadd('month', 3, 'store.slice') }}
    group by
        month.slice,
        store.dealer_id
),

filled as (
    select
        slice,
        dealer_id,
        'stock' as report,
        sum(filled_fields) as filled_fields,
        sum(line_count) * 4 as fields
    from {{ candidate('fct_inventory_daily', months) }} as i
    group by
        slice,
        dealer_id
    union all
    select
        slice,
        dealer_id,
        'pos' as report,
        count(book_cost) + count(ship_date) + count(end_customer) + count(end_application) as filled_fields,
        count(*) * 4 as fields
    from {{ candidate('fct_pos', months) }} as p
    group by
        slice,
        dealer_id
),

gap as (
    select
        slice,
        dealer_id,
        sum(abs(gap_qty)) as gap_qty,
        sum(throughput_qty) as throughput_qty
    from {{ candidate('fct_inventory_rollforward', months) }} as r
    where gap_qty is not null
    group by
        slice,
        dealer_id
),

measured as (
    select
        expected.slice,
        expected.dealer_id,
        expected.report,
        expected.due_date,
        reported.reported_on,
        weight.weights_version,
        weight.timeliness as w_timeliness,
        weight.completeness as w_completeness,
        weight.accuracy as w_accuracy,
        weight.consistency as w_consistency,
        reported.lines_read,
        reported.lines_quarantined,
        reported.lines_warned,
        coalesce(held.lines_held, 0) as lines_held,
        greatest(arrival.business_day_no - expected.due_day_no, 0) as business_days_late,
        case
            when reported.reported_on is null then 0
            when reported.reported_on <= expected.due_date then 1
            else greatest(1 - weight.late_day * (arrival.business_day_no - expected.due_day_no), 0)
        end as timeliness,
        case
            when reported.reported_on is null then 0
            else
                filled.filled_fields / nullif(cast(filled.fields as numeric(18, 3)), 0)
                * case
                    when expected.report = 'stock'
                        then stores.stores_reported / nullif(cast(stores.stores_expected as numeric(18, 3)), 0)
                    else 1
                end
        end as completeness,
        case
            when reported.reported_on is null then 0
            else greatest(
                1 - (
                    weight.error_line * (reported.lines_quarantined + coalesce(held.lines_held, 0))
                    + weight.warned_line * reported.lines_warned
                ) / nullif(reported.lines_read, 0),
                0
            )
        end as accuracy,
        case
            when gap.throughput_qty > 0 then 1 - least(gap.gap_qty / gap.throughput_qty, 1)
        end as consistency
    from expected
    inner join weight
        on expected.slice = weight.slice and weight.recency = 1
    left join reported
        on
            expected.slice = reported.slice
            and expected.dealer_id = reported.dealer_id
            and expected.report = reported.report
    left join {{ candidate('dim_date') }} as arrival on reported.reported_on = arrival.date_day
    left join held
        on
            expected.slice = held.slice
            and expected.dealer_id = held.dealer_id
            and expected.report = held.report
    left join stores
        on expected.slice = stores.slice and expected.dealer_id = stores.dealer_id
    left join filled
        on
            expected.slice = filled.slice
            and expected.dealer_id = filled.dealer_id
            and expected.report = filled.report
    left join gap
        on expected.slice = gap.slice and expected.dealer_id = gap.dealer_id
    -- what is not due yet and has not come is not judged
    where
        reported.reported_on is not null
        or expected.due_date < {{ local_date(known_at(), "'Asia/Shanghai'") }}
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    dealer_id,
    report,
    due_date,
    reported_on,
    cast(business_days_late as integer) as business_days_late,
    lines_read,
    lines_quarantined,
    lines_warned,
    lines_held,
    cast(round(timeliness, 6) as numeric(8, 6)) as timeliness,
    cast(round(completeness, 6) as numeric(8, 6)) as completeness,
    cast(round(accuracy, 6) as numeric(8, 6)) as accuracy,
    cast(round(consistency, 6) as numeric(8, 6)) as consistency,
    weights_version,
    -- a part that cannot be told gives its weight to the others
    cast(
        round(
            (
                w_timeliness * coalesce(timeliness, 0) + w_completeness * coalesce(completeness, 0)
                + w_accuracy * coalesce(accuracy, 0) + w_consistency * coalesce(consistency, 0)
            ) / nullif(
                case when timeliness is null then 0 else w_timeliness end
                + case when completeness is null then 0 else w_completeness end
                + case when accuracy is null then 0 else w_accuracy end
                + case when consistency is null then 0 else w_consistency end,
                0
            ), 6
        ) as numeric(8, 6)
    ) as score
from measured
