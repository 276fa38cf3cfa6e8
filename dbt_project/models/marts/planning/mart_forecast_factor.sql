{{ config(one_slice=true) }}

select
    batch_id,
    {{ date_literal(var('whole')) }} as slice,
    segment,
    factor,
    used,
    gain,
    gain_error,
    placebo_gain,
    reason,
    series as index_series,
    origins
from {{ source('planning', 'factor') }}
where batch_id = {{ var('batch_id') | int }}
