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
    wql_naive,
    bias_history,
    wql_history,
    bias_lifecycle,
    wql_lifecycle
from {{ source('planning', 'accuracy') }}
where batch_id = {{ var('batch_id') | int }}
