{{ config(one_slice=true) }}

{%- set batch = var('batch_id') | int %}
-- Limits are variables (dbt_project.yml, alert_*); a channel manager may move them.
with item as (
    select
        item.*,
        item.on_hand_qty + item.on_order_qty as position_qty,
        price.list_price
    from {{ source('planning', 'item') }} as item
    left join (
        select
            product_id,
            case when list_price_currency = '{{ var("vendor_currency") }}' then list_price end as list_price
        from {{ candidate('dim_product') }} as p
        where is_current
    ) as price on item.product_id = price.product_id
    where item.batch_id = {{ batch }}
),

{%- set latest = latest_month('mart_inventory_health') %}
dead as (
    select * from {{ candidate('mart_inventory_health', latest) }} as h
    where dead_value_vendor > 0
),

counted as (
    select
        dealer_id,
        product_id,
        as_of,
        sum(on_hand_qty) as on_hand_qty,
        sum(age_181_365_qty + age_over_365_qty) as old_qty
    from {{ candidate('fct_inventory_daily', latest_month('fct_inventory_daily')) }} as d
    group by
        dealer_id,
        product_id,
        as_of
),

newest_count as (
    select
        *,
        row_number() over (partition by dealer_id, product_id order by as_of desc) as newness
    from counted
),

-- A forecast that is public, of the weeks that have come since.
foreseen as (
    select
        forecast.*,
        row_number() over (
            partition by forecast.dealer_id, forecast.product_id, forecast.week
            order by forecast.batch_id desc
        ) as newness
    from {{ source('planning', 'forecast') }} as forecast
    inner join {{ source('ctl', 'batch') }} as earlier on forecast.batch_id = earlier.batch_id
    where
        earlier.status = 'published'
        and forecast.batch_id < {{ batch }}
),

came as (
    select
        foreseen.dealer_id,
        foreseen.product_id,
        item.origin,
        foreseen.week,
        foreseen.p10_qty,
        foreseen.p90_qty,
        coalesce(demand.qty, 0) as qty
    from foreseen
    inner join item
        on
            foreseen.dealer_id = item.dealer_id
            and foreseen.product_id = item.product_id
            and foreseen.week <= item.origin
            and foreseen.week > {{ dbt.dateadd('week', -4, 'item.origin') }}
    left join (
        select
            dealer_id,
            product_id,
            week,
            sum(sold_qty - returned_qty) as qty
        from {{ candidate('fct_demand_weekly', all_months('fct_demand_weekly')) }} as d
        group by
            dealer_id,
            product_id,
            week
    ) as demand
        on
            foreseen.dealer_id = demand.dealer_id
            and foreseen.product_id = demand.product_id
            and foreseen.week = demand.week
    where foreseen.newness = 1
),

broken as (
    select
        dealer_id,
        product_id,
        sum(case when qty > p90_qty then 1 else 0 end) as weeks_above,
        sum(case when qty < p10_qty then 1 else 0 end) as weeks_below,
        sum(qty) as qty
    from came
    group by
        dealer_id,
        product_id
),

late as (
    select * from {{ candidate('mart_report_quality', latest_month('mart_report_quality')) }} as q
    where
        reported_on is null
        and due_date < cast({{ known_at() }} as date)
),

-- A blocked plan is never seen as an alert here: readers see these rows only once a plan has passed.
failed as (
    select
        run.gate,
        run.dataset,
        max(run.run_at) as run_at
    from {{ source('ctl', 'gate_run') }} as run
    left join {{ source('ctl', 'batch') }} as judged on run.batch_id = judged.batch_id
    where
        run.outcome = 'blocked'
        and coalesce(judged.kind, '') <> 'planning'
    group by
        run.gate,
        run.dataset
),

passed_since as (
    select
        gate,
        dataset,
        max(run_at) as run_at
    from {{ source('ctl', 'gate_run') }}
    where outcome <> 'blocked'
    group by
        gate,
        dataset
),

raised as (
    select
        'stock_out' as kind,
        case when stock_out_probability >= {{ var('alert_stock_out_critical') }} then 'critical' else 'warn' end as severity,
        dealer_id,
        product_id,
        product_id as about,
        dealer_id || ' may run out of ' || product_id as subject_en,
        dealer_id || ' 的 ' || product_id || ' 可能断货' as subject_zh,
        'probability=' || {{ text_of('round(stock_out_probability, 2)') }}
        || '; position=' || {{ text_of('round(position_qty)') }}
        || '; expected=' || {{ text_of('round(window_mean_qty)') }}
        || '; weeks=' || {{ text_of('lead_time_weeks + review_weeks') }} as evidence,
        greatest(window_p90_qty - position_qty, 0) * list_price as value_vendor
    from item
    where
        stock_out_probability >= {{ var('alert_stock_out') }}
        and window_mean_qty >= 1
        and demand_class not in ('dead', 'ending')
    union all
    select
        'excess' as kind,
        'warn' as severity,
        dealer_id,
        product_id,
        product_id as about,
        dealer_id || ' holds more of ' || product_id || ' than it needs' as subject_en,
        dealer_id || ' 的 ' || product_id || ' 库存过量' as subject_zh,
        'position=' || {{ text_of('round(position_qty)') }} || '; target=' || {{ text_of('round(order_up_to_qty)') }}
        || '; expected=' || {{ text_of('round(window_mean_qty)') }} as evidence,
        (position_qty - order_up_to_qty) * list_price as value_vendor
    from item
    where
        position_qty > {{ var('alert_excess') }} * order_up_to_qty
        and window_mean_qty > 0
        and (position_qty - order_up_to_qty) * list_price >= {{ var('alert_least_value') }}
    union all
    select
        'dead' as kind,
        'warn' as severity,
        dealer_id,
        product_id,
        product_id as about,
        dealer_id || ' has not sold ' || product_id || ' for half a year' as subject_en,
        dealer_id || ' 的 ' || product_id || ' 半年未动销' as subject_zh,
        'dead_value=' || {{ text_of('round(dead_value_vendor, 2)') }} as evidence,
        dead_value_vendor as value_vendor
    from dead
    where dead_value_vendor >= {{ var('alert_least_value') }}
    union all
    select
        'ageing' as kind,
        'info' as severity,
        dealer_id,
        product_id,
        product_id as about,
        'Old stock of ' || product_id || ' at ' || dealer_id as subject_en,
        dealer_id || ' 的 ' || product_id || ' 库龄过长' as subject_zh,
        'older_than_180_days=' || {{ text_of('round(old_qty)') }} || '; on_hand=' || {{ text_of('round(on_hand_qty)') }} as evidence,
        cast(null as numeric) as value_vendor
    from newest_count
    where
        newness = 1
        and on_hand_qty > 0
        and old_qty >= {{ var('alert_old_share') }} * on_hand_qty
    union all
    select
        'forecast_break' as kind,
        'warn' as severity,
        dealer_id,
        product_id,
        product_id as about,
        'Demand for ' || product_id || ' at ' || dealer_id || ' is '
        || case when weeks_above >= 3 then 'above' else 'below' end || ' its forecast' as subject_en,
        dealer_id || ' 的 ' || product_id || ' 需求偏离预测' as subject_zh,
        'weeks_above=' || {{ text_of('weeks_above') }} || '; weeks_below=' || {{ text_of('weeks_below') }}
        || '; sold=' || {{ text_of('round(qty)') }} as evidence,
        cast(null as numeric) as value_vendor
    from broken
    where
        weeks_above >= 3
        or weeks_below >= 3
    union all
    select
        'late_report' as kind,
        'warn' as severity,
        dealer_id,
        cast(null as {{ dbt.type_string() }}) as product_id,
        report as about,
        dealer_id || ' has not sent ' || report as subject_en,
        dealer_id || ' 未报送 ' || report as subject_zh,
        'due=' || {{ text_of('due_date') }} as evidence,
        cast(null as numeric) as value_vendor
    from late
    union all
    select
        'gate_failed' as kind,
        'critical' as severity,
        cast(null as {{ dbt.type_string() }}) as dealer_id,
        cast(null as {{ dbt.type_string() }}) as product_id,
        failed.gate || '.' || failed.dataset as about,
        'Gate ' || failed.gate || ' blocks ' || failed.dataset as subject_en,
        '质量门 ' || failed.gate || ' 阻断 ' || failed.dataset as subject_zh,
        'at=' || {{ text_of('failed.run_at') }} as evidence,
        cast(null as numeric) as value_vendor
    from failed
    left join passed_since
        on
            failed.gate = passed_since.gate
            and failed.dataset = passed_since.dataset
    where
        passed_since.run_at is null
        or passed_since.run_at < failed.run_at
    union all
    select
        kind,
        severity,
        dealer_id,
        product_id,
        about,
        subject_en,
        subject_zh,
        evidence,
        value_vendor
    from {{ ref('int_alert__channel') }}
),

keyed as (
    select
        raised.*,
        kind || ':' || coalesce(dealer_id, '') || ':' || about as alert_key
    from raised
),

before as (
    select * from {{ published_before('mart_alert') }} as b
),

opened as (
    select
        keyed.alert_key,
        keyed.kind,
        keyed.severity,
        keyed.dealer_id,
        keyed.product_id,
        keyed.about,
        keyed.subject_en,
        keyed.subject_zh,
        keyed.evidence,
        keyed.value_vendor,
        coalesce(before.opened_at, {{ known_at() }}) as opened_at,
        coalesce(before.opened_by_batch, {{ batch }}) as opened_by_batch,
        cast(null as {{ instant_type() }}) as closed_at
    from keyed
    left join before
        on
            keyed.alert_key = before.alert_key
            and before.closed_at is null
),

closed as (
    select
        before.alert_key,
        before.kind,
        before.severity,
        before.dealer_id,
        before.product_id,
        before.about,
        before.subject_en,
        before.subject_zh,
        before.evidence,
        before.value_vendor,
        before.opened_at,
        before.opened_by_batch,
        coalesce(before.closed_at, {{ known_at() }}) as closed_at
    from before
    left join keyed
        on
            before.alert_key = keyed.alert_key
            and before.closed_at is null
    where
        keyed.alert_key is null
        and coalesce(before.closed_at, {{ known_at() }}) >= {{ dbt.dateadd('day', -90, known_at()) }}
),

every as (
    select * from opened
    union all
    select * from closed
)

select
    cast({{ batch }} as bigint) as batch_id,
    {{ date_literal(var('whole')) }} as slice,
    alert_key,
    kind,
    severity,
    dealer_id,
    product_id,
    about,
    subject_en,
    subject_zh,
    evidence,
    cast(value_vendor as numeric(24, 6)) as value_vendor,
    opened_at,
    cast(opened_by_batch as bigint) as opened_by_batch,
    closed_at
from every
