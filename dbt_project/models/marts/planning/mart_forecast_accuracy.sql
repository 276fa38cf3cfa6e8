{{ config(one_slice=true) }}

select
    batch_id,
    {{ date_literal(var('whole')) }} as slice,
    demand_class,
    origin,
    series,
    weeks,
    coverage_80,
    coverage_95,
    bias,
    wql,
    wql_naive
from {{ source('planning', 'accuracy') }}
where batch_id = {{ var('batch_id') | int }}
