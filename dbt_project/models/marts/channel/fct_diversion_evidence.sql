{%- set signals = [
    'lot_elsewhere', 'outside_region', 'price', 'two_dealers', 'above_usual', 'reversed_claim', 'load_in', 'broker_name',
] %}
with evidence as (
    {%- for signal in signals %}
    select
        slice,
        signal,
        report,
        submission_id,
        row_no,
        dealer_id,
        product_id,
        region,
        customer,
        other_dealer_id,
        qty,
        amount_vendor,
        detail
    from {{ ref('int_diversion__' ~ signal) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    signal,
    report,
    submission_id,
    row_no,
    dealer_id,
    product_id,
    region,
    customer,
    other_dealer_id,
    qty,
    amount_vendor,
    detail
from evidence
where {{ in_slices('slice', affected_months('fct_diversion_evidence')) }}
