select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    dealer_id,
    coalesce(end_customer, sold_to) as customer,
    product_id,
    cast(sum(qty) as numeric(18, 3)) as qty,
    cast(sum(amount_vendor) as numeric(24, 6)) as amount_vendor,
    cast(sum(cost_amount_vendor) as numeric(24, 6)) as cost_amount_vendor,
    cast(sum(case when cost_amount_vendor is not null then amount_vendor end) as numeric(24, 6)) as costed_amount_vendor,
    cast(sum(case when line_type = 'sale' then 1 else 0 end) as integer) as sale_lines,
    min(case when line_type = 'sale' then invoice_date end) as first_sale_date,
    max(case when line_type = 'sale' then invoice_date end) as last_sale_date
from {{ candidate('fct_pos', affected_months('fct_customer_month')) }} as p
where sold_to_dealer_id is null and line_type <> 'sample'
group by
    slice,
    dealer_id,
    coalesce(end_customer, sold_to),
    product_id
