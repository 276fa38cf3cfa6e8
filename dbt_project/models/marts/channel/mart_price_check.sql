{%- set months = affected_months('mart_price_check') %}
select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    dealer_id,
    cast(count(*) as bigint) as sale_lines,
    cast(sum(case when has_corridor then 1 else 0 end) as bigint) as corridor_lines,
    cast(sum(case when corridor_side = 'below' then 1 else 0 end) as bigint) as below_lines,
    cast(sum(case when corridor_side = 'above' then 1 else 0 end) as bigint) as above_lines,
    cast(count(book_cost_vendor) as bigint) as cost_lines,
    cast(sum(case when is_below_cost then 1 else 0 end) as bigint) as below_cost_lines,
    cast(count(spa_no) as bigint) as spa_lines,
    cast(count(spa_finding) as bigint) as spa_misuse_lines,
    cast(sum(amount_vendor) as numeric(24, 6)) as amount_vendor,
    cast(sum(case when corridor_side is not null then amount_vendor else 0 end) as numeric(24, 6)) as outside_amount_vendor
from {{ ref('int_price__checked') }}
where {{ in_slices('slice', months) }}
group by
    slice,
    dealer_id
