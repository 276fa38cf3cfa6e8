{{ config(one_slice=true) }}

with item as (
    select * from {{ source('planning', 'item') }}
    where batch_id = {{ var('batch_id') | int }}
)

select
    forecast.batch_id,
    {{ date_literal(var('whole')) }} as slice,
    forecast.dealer_id,
    forecast.product_id,
    item.origin,
    forecast.week,
    forecast.mean_qty,
    forecast.p10_qty,
    forecast.p50_qty,
    forecast.p90_qty,
    item.demand_class,
    item.recipe
from {{ source('planning', 'forecast') }} as forecast
inner join item
    on
        forecast.dealer_id = item.dealer_id
        and forecast.product_id = item.product_id
where forecast.batch_id = {{ var('batch_id') | int }}
