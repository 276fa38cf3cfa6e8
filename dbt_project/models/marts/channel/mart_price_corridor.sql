{%- set months = affected_months('mart_price_corridor') %}
select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    submission_id,
    row_no,
    dealer_id,
    invoice_no,
    line_no,
    invoice_date,
    product_id,
    coalesce(end_customer, sold_to) as end_customer,
    ship_to_region,
    qty,
    resale_price_vendor,
    book_cost_vendor,
    amount_vendor,
    doc_no,
    min_resale_vendor,
    max_resale_vendor,
    corridor_side,
    cast(round(resale_price_vendor / nullif(broken_end_vendor, 0) - 1, 6) as numeric(18, 6)) as deviation,
    cast(round(qty * (resale_price_vendor - broken_end_vendor), 6) as numeric(24, 6)) as deviation_amount_vendor,
    is_below_cost,
    spa_no,
    spa_finding
from {{ ref('int_price__checked') }}
where
    {{ in_slices('slice', months) }}
    and (
        corridor_side is not null
        or is_below_cost
        or spa_finding is not null
    )
