-- Sales to end customers of the months looked at.
select
    slice,
    submission_id,
    row_no,
    dealer_id,
    product_id,
    invoice_no,
    line_no,
    invoice_date,
    coalesce(end_customer, sold_to) as customer,
    ship_to_region as region,
    spa_no,
    design_reg_no,
    lot,
    qty,
    amount_vendor
from {{ candidate('fct_pos', affected_months('fct_diversion_evidence')) }} as p
where line_type = 'sale' and sold_to_dealer_id is null
