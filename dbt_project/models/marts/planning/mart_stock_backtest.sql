{{ config(one_slice=true) }}

select
    batch_id,
    {{ date_literal(var('whole')) }} as slice,
    policy,
    demand_class,
    series,
    reached,
    knob,
    target,
    turnover,
    fill,
    dead_share,
    excess_share,
    orders,
    stock,
    tested_at
from {{ source('planning', 'backtest') }}
where batch_id = {{ var('batch_id') | int }}
