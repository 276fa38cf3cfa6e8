{{ config(one_slice=true) }}
{%- set sure = affected_months('mart_order_sla') %}
{%- set earlier = affected_months('int_order__reopened') | reject('in', sure) | list %}
{%- set shipped = months_with(sure, back=var('transit_months')) %}
-- A table, as every mart of orders asks: of the months before, those in which something is open, or that
-- shipments of this batch name, as they will stand or as they stood.
with event as (
    select shipment_no from {{ candidate('fct_logistics_event', sure) }} as e
    union
    select shipment_no from {{ published_rows('fct_logistics_event', sure) }} as e
),

shipment as (
    select s.* from {{ candidate('fct_sell_in', shipped) }} as s
    union all
    select s.* from {{ published_rows('fct_sell_in', shipped) }} as s
),

named as (
    select distinct
        s.dealer_id,
        s.order_no,
        s.product_id
    from shipment as s
    left join event as e on s.shipment_no = e.shipment_no
    where {{ in_slices('s.slice', sure) }} or e.shipment_no is not null
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    found.slice
from (
    select o.slice
    from {{ candidate('fct_order', earlier) }} as o
    inner join named as n
        on o.dealer_id = n.dealer_id and o.order_no = n.order_no and o.product_id = n.product_id
    {%- if earlier %} {#- else these marts may not be there yet: they are made of this table #}
    union
    select o.slice from {{ published_rows('mart_order_sla', earlier) }} as o
    where o.state <> 'done' or (o.on_time_in_full is null and o.due_date is not null)
    union
    select r.slice from {{ published_rows('fct_reconciliation', earlier) }} as r
    where r.difference = 'in_transit'
    {%- endif %}
) as found
