-- A lot that was shipped to others alone, and is sold, returned or reported as failed here.
{%- set months = affected_months('fct_diversion_evidence') %}
with lot as (
    select
        lot,
        product_id,
        dealer_id
    from {{ candidate('fct_sell_in', all_months_to(months, 'fct_sell_in')) }} as s
    where lot is not null
    group by
        lot,
        product_id,
        dealer_id
),

moved as (
    select
        'pos' as report,
        slice,
        submission_id,
        row_no,
        dealer_id,
        product_id,
        region,
        customer,
        qty,
        amount_vendor,
        lot
    from {{ ref('int_diversion__sale') }}
    where lot is not null
    union all
    select
        'return' as report,
        slice,
        submission_id,
        row_no,
        dealer_id,
        product_id,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as customer,
        qty,
        credit_amount_vendor as amount_vendor,
        lot
    from {{ candidate('fct_return', months) }} as r
    where lot is not null
    union all
    select
        'quality_feedback' as report,
        slice,
        submission_id,
        row_no,
        dealer_id,
        product_id,
        cast(null as {{ dbt.type_string() }}) as region,
        end_customer as customer,
        qty_failed as qty,
        cast(null as numeric(24, 6)) as amount_vendor,
        lot
    from {{ candidate('fct_quality_feedback', months) }} as q
    where lot is not null
),

-- a dealer may hold what came to it or to those it buys from
judged as (
    select
        moved.report,
        moved.slice,
        moved.submission_id,
        moved.row_no,
        moved.dealer_id,
        moved.product_id,
        moved.region,
        moved.customer,
        moved.qty,
        moved.amount_vendor,
        moved.lot,
        min(lot.dealer_id) as other_dealer_id,
        count(chain.dealer_id) as rightful
    from moved
    inner join lot on moved.lot = lot.lot and moved.product_id = lot.product_id
    left join {{ ref('int_dealer__chain') }} as chain
        on moved.dealer_id = chain.dealer_id and lot.dealer_id = chain.ancestor_id
    group by
        moved.report,
        moved.slice,
        moved.submission_id,
        moved.row_no,
        moved.dealer_id,
        moved.product_id,
        moved.region,
        moved.customer,
        moved.qty,
        moved.amount_vendor,
        moved.lot
)

select
    'lot_elsewhere' as signal,
    report,
    slice,
    submission_id,
    row_no,
    dealer_id,
    product_id,
    region,
    customer,
    other_dealer_id,
    qty,
    amount_vendor,
    'lot ' || lot as detail
from judged
where rightful = 0
