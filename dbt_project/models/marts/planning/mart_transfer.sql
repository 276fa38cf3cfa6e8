{{ config(one_slice=true) }}

select
    batch_id,
    {{ date_literal(var('whole')) }} as slice,
    product_id,
    from_dealer_id,
    to_dealer_id,
    qty
from {{ source('planning', 'transfer') }}
where batch_id = {{ var('batch_id') | int }}
