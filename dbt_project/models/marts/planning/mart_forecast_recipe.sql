{{ config(one_slice=true) }}

select
    batch_id,
    {{ date_literal(var('whole')) }} as slice,
    demand_class,
    recipe,
    chosen,
    incumbent,
    loss,
    gain,
    gain_error,
    wql,
    coverage_95,
    bias,
    series,
    origins,
    chosen_at
from {{ source('planning', 'recipe') }}
where batch_id = {{ var('batch_id') | int }}
