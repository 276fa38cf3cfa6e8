-- What came into a dealer's store: from the vendor, or from the core dealer it buys from.
{%- set months = months_with(
    affected_months('fct_inventory_daily') + affected_months('fct_inventory_rollforward'),
    back=var('windows')['fct_inventory_daily'],
) %}
with vendor_shipment as (
    select
        slice,
        dealer_id,
        product_id,
        received_date,
        qty
    from {{ candidate('fct_sell_in', months) }} as s
    where received_date is not null
),

dealer_sale as (
    select
        slice,
        sold_to_dealer_id as dealer_id,
        product_id,
        coalesce(ship_date, invoice_date) as received_date,
        qty
    from {{ candidate('fct_pos', months) }} as p
    where sold_to_dealer_id is not null
)

select * from vendor_shipment
union all
select * from dealer_sale
