-- A sale taken back after a claim on it was approved.
{%- set months = affected_months('fct_diversion_evidence') %}
with claimed as (
    select distinct
        dealer_id,
        invoice_no,
        invoice_line,
        product_id,
        claim_no
    from {{ candidate('mart_debit_claim', all_months_to(months)) }} as c
    where approved_qty > 0
)

select
    'reversed_claim' as signal,
    'pos' as report,
    back.slice,
    back.submission_id,
    back.row_no,
    back.dealer_id,
    back.product_id,
    back.ship_to_region as region,
    coalesce(back.end_customer, back.sold_to) as customer,
    cast(null as {{ dbt.type_string() }}) as other_dealer_id,
    back.qty,
    back.amount_vendor,
    'claim ' || min(claimed.claim_no) as detail
from {{ candidate('fct_pos', months) }} as back
inner join claimed
    on
        back.dealer_id = claimed.dealer_id
        and back.product_id = claimed.product_id
        and (
            (back.line_type = 'return' and back.original_invoice = claimed.invoice_no)
            or (back.line_type = 'cancel' and back.invoice_no = claimed.invoice_no and back.line_no = claimed.invoice_line)
        )
group by
    back.slice,
    back.submission_id,
    back.row_no,
    back.dealer_id,
    back.product_id,
    back.ship_to_region,
    back.end_customer,
    back.sold_to,
    back.qty,
    back.amount_vendor
