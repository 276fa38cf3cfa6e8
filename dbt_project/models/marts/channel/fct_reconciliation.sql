{{ config(slice_of='order') }}
{%- set months = order_months('fct_reconciliation') %}
{%- set whole = months_between(months[0], months[-1]) if months else [] %}
{#- an order older than the first report is not known -#}
{%- set known_from = add_months((all_months('fct_sell_in') + months) | min, var('order_months')) if months else var('whole') %}
with ordered as (
    select * from {{ candidate('mart_order_sla', months) }} as o
),

shipped as (
    select
        s.slice,
        s.dealer_id,
        s.amount_vendor,
        s.received_date,
        s.ship_date,
        o.order_no
    from {{ candidate('fct_sell_in', months) }} as s
    left join (
        select distinct
            dealer_id,
            order_no,
            product_id
        from {{ candidate('fct_order', months_with(whole, back=var('order_months'))) }} as f
    ) as o on s.dealer_id = o.dealer_id and s.order_no = o.order_no and s.product_id = o.product_id
),

-- a part's cost at the dealer: of what lies there, else of what was sold
counted as (
    select
        r.*,
        coalesce(
            r.closing_value_vendor / nullif(r.closing_qty, 0),
            r.cost_of_goods_vendor / nullif(r.pos_qty - r.customer_return_qty, 0)
        ) as cost,
        h.first_day
    from {{ candidate('fct_inventory_rollforward', months) }} as r
    left join {{ ref('int_dealer__history') }} as h
        on r.dealer_id = h.dealer_id and h.report = 'stock'
),

returned as (
    select * from {{ candidate('fct_pos', months) }} as p
    where line_type = 'return'
),

-- of all earlier invoices and shipments only those that something came back from
sale as (
    select distinct
        p.dealer_id,
        p.invoice_no
    from {{ candidate('fct_pos', months_with(whole, back=24)) }} as p
    inner join (
        select distinct
            dealer_id,
            original_invoice
        from returned
    ) as r on p.dealer_id = r.dealer_id and p.invoice_no = r.original_invoice
    where p.line_type = 'sale'
),

taken_back as (
    select
        returned.slice,
        returned.dealer_id,
        -returned.amount_vendor as amount_vendor,
        sale.invoice_no
    from returned
    left join sale
        on
            returned.dealer_id = sale.dealer_id
            and returned.original_invoice = sale.invoice_no
),

rma as (
    select * from {{ candidate('fct_return', months) }} as r
),

sent_back as (
    select
        rma.slice,
        rma.dealer_id,
        coalesce(rma.credit_amount_vendor, 0) as amount_vendor,
        s.shipment_no
    from rma
    left join (
        select distinct
            x.dealer_id,
            x.shipment_no
        from {{ candidate('fct_sell_in', all_months_to(months, 'fct_sell_in')) }} as x
        inner join rma as r on x.dealer_id = r.dealer_id and x.shipment_no = r.original_shipment
    ) as s on rma.dealer_id = s.dealer_id and rma.original_shipment = s.shipment_no
),

-- Each row: what one side says, what the other side says, and why they differ.
difference as (
    select
        slice,
        dealer_id,
        'order_shipment' as leg,
        case
            when backlog_qty = 0 then 'matched'
            when state = 'overdue' then 'overdue'
            else 'backlog'
        end as difference,
        amount_vendor as left_amount,
        amount_vendor - backlog_amount_vendor as right_amount
    from ordered
    union all
    select
        slice,
        dealer_id,
        'shipment_order' as leg,
        case
            when order_no is not null then 'matched'
            when slice < {{ date_literal(known_from) }} then 'before_history'
            else 'shipped_without_order'
        end as difference,
        amount_vendor as left_amount,
        case when order_no is null then 0 else amount_vendor end as right_amount
    from shipped
    union all
    select
        slice,
        dealer_id,
        'shipment_receipt' as leg,
        case
            when received_date is not null then 'matched'
            when ship_date < {{ date_literal(add_months(last_month() or var('whole'), 1 - var('transit_months'))) }} then 'not_received'
            else 'in_transit'
        end as difference,
        amount_vendor as left_amount,
        case when received_date is not null then amount_vendor else 0 end as right_amount
    from shipped
    union all
    select
        slice,
        dealer_id,
        'receipt_stock' as leg,
        case
            when status = 'ok' and gap_qty = 0 then 'matched'
            when status = 'ok' then 'within_tolerance'
            when status = 'warn' then 'stock_gap'
            -- who has not counted yet is not missing a count
            when status = 'no_closing' and (first_day is null or slice < {{ month_of('first_day') }}) then 'before_history'
            else status
        end as difference,
        cast(round(coalesce(calculated_qty, closing_qty, 0) * coalesce(cost, 0), 6) as numeric(24, 6)) as left_amount,
        cast(round(coalesce(closing_qty, calculated_qty, 0) * coalesce(cost, 0), 6) as numeric(24, 6)) as right_amount
    from counted
    union all
    select
        slice,
        dealer_id,
        'return_sale' as leg,
        case when invoice_no is null then 'return_without_sale' else 'matched' end as difference,
        amount_vendor as left_amount,
        case when invoice_no is null then 0 else amount_vendor end as right_amount
    from taken_back
    union all
    select
        slice,
        dealer_id,
        'return_shipment' as leg,
        case when shipment_no is null then 'return_without_shipment' else 'matched' end as difference,
        amount_vendor as left_amount,
        case when shipment_no is null then 0 else amount_vendor end as right_amount
    from sent_back
    union all
    select
        slice,
        dealer_id,
        'sale_claim' as leg,
        case when status = 'approved' then 'matched' else 'claim_' || reason end as difference,
        coalesce(claim_amount, 0) as left_amount,
        approved_amount as right_amount
    from {{ candidate('mart_debit_claim', months) }} as c
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    dealer_id,
    leg,
    difference,
    -- what only time or a tolerance explains is no error
    difference not in ('matched', 'backlog', 'in_transit', 'within_tolerance', 'no_opening', 'before_history') as is_unmatched,
    cast(count(*) as integer) as lines,
    cast(sum(left_amount) as numeric(24, 6)) as left_amount_vendor,
    cast(sum(right_amount) as numeric(24, 6)) as right_amount_vendor,
    cast(sum(left_amount - right_amount) as numeric(24, 6)) as gap_amount_vendor
from difference
group by
    slice,
    dealer_id,
    leg,
    difference
