-- A customer's project that a second dealer claims, be it one that buys from the first.
{%- set months = affected_months('fct_diversion_evidence') %}
with registered as (
    select
        design_reg_no,
        dealer_id,
        min(invoice_date) as first_date
    from {{ candidate('fct_pos', all_months_to(months)) }} as p
    where design_reg_no is not null
    group by
        design_reg_no,
        dealer_id
),

ranked as (
    select
        registered.*,
        row_number() over (
            partition by design_reg_no
            order by first_date, dealer_id
        ) as place
    from registered
)

select
    'two_dealers' as signal,
    'pos' as report,
    sale.slice,
    sale.submission_id,
    sale.row_no,
    sale.dealer_id,
    sale.product_id,
    sale.region,
    sale.customer,
    first.dealer_id as other_dealer_id,
    sale.qty,
    sale.amount_vendor,
    'project ' || sale.design_reg_no as detail
from {{ ref('int_diversion__sale') }} as sale
inner join ranked as first on sale.design_reg_no = first.design_reg_no and first.place = 1
where sale.dealer_id <> first.dealer_id
