{{ config(
    slice_indexes={
        'to_dealer': '(batch_id, slice) where sold_to_dealer_id is not null',
        'on_project': '(batch_id, slice) where design_reg_no is not null',
        'under_spa': '(batch_id, slice) where spa_no is not null',
    },
) }}

with line as (
    select * from {{ ref('int_pos__normalised') }}
    where held_code is null
),

dealer as (
    select distinct dealer_id from {{ candidate('dim_dealer') }} as d
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    line.slice,
    line.submission_id,
    line.row_no,
    line.reported_by as dealer_id,
    line.invoice_no,
    line.line_no,
    line.line_type,
    line.invoice_date,
    line.ship_date,
    line.product_id,
    cast(line.qty * line.pieces_per_unit as numeric(18, 3)) as qty,
    line.reported_currency as currency,
    cast(line.fx_rate as numeric(18, 6)) as fx_rate,
    {{ unit_price('line.resale_price', 'line.pieces_per_unit', 'line.tax_divisor') }} as resale_price,
    {{ unit_price('line.resale_price', 'line.pieces_per_unit', 'line.tax_divisor', 'line.fx_rate') }} as resale_price_vendor,
    {{ unit_price('line.book_cost', 'line.pieces_per_unit', 'line.tax_divisor') }} as book_cost,
    {{ unit_price('line.book_cost', 'line.pieces_per_unit', 'line.tax_divisor', 'line.fx_rate') }} as book_cost_vendor,
    {{ amount('line.qty', 'line.resale_price', 'line.tax_divisor') }} as amount,
    {{ amount('line.qty', 'line.resale_price', 'line.tax_divisor', 'line.fx_rate') }} as amount_vendor,
    {{ amount('line.qty', 'line.book_cost', 'line.tax_divisor', 'line.fx_rate') }} as cost_amount_vendor,
    line.sold_to,
    dealer.dealer_id as sold_to_dealer_id,
    line.end_customer,
    line.ship_to_country,
    line.ship_to_region,
    line.end_application,
    line.customer_po,
    line.spa_no,
    line.design_reg_no,
    line.lot,
    line.serial,
    line.original_invoice
from line
left join dealer on line.sold_to = dealer.dealer_id
