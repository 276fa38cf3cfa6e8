{{ config(one_slice=true) }}

select
    batch_id,
    {{ date_literal(var('whole')) }} as slice,
    demand_class,
    method,
    outlook,
    chosen,
    knob,
    gain,
    fill,
    series,
    chosen_at
from {{ source('planning', 'policy') }}
where batch_id = {{ var('batch_id') | int }}
