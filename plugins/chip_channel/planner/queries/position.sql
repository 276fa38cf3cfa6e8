-- What lies at a dealer and what is on its way: the newest count, and what moved since.
with newest as (
    select dealer_id, max(as_of) as as_of from publish.fct_inventory_daily group by dealer_id
),

counted as (
    select d.dealer_id, d.product_id,
        sum(d.on_hand_qty + d.consigned_qty) as on_hand, sum(d.in_transit_qty) as in_transit
    from publish.fct_inventory_daily as d
    inner join newest as n on d.dealer_id = n.dealer_id and d.as_of = n.as_of
    group by d.dealer_id, d.product_id
),

sold as (
    select p.dealer_id, p.product_id, sum(p.qty) as qty
    from publish.fct_pos as p
    inner join newest as n on p.dealer_id = n.dealer_id and p.invoice_date > n.as_of
    group by p.dealer_id, p.product_id
),

shipped as (
    select s.dealer_id, s.product_id,
        sum(case when s.received_date > n.as_of then s.qty else 0 end) as received,
        sum(case when s.received_date is null and s.ship_date > n.as_of - 60 then s.qty else 0 end) as on_its_way
    from publish.fct_sell_in as s
    inner join newest as n on s.dealer_id = n.dealer_id
    group by s.dealer_id, s.product_id
),

pair as (
    select dealer_id, product_id from counted
    union
    select dealer_id, product_id from shipped
    union
    select dealer_id, product_id from sold
)

select
    pair.dealer_id,
    pair.product_id,
    n.as_of,
    cast(greatest(coalesce(c.on_hand, 0) + coalesce(s.received, 0) - coalesce(o.qty, 0), 0) as double precision) as on_hand,
    -- the dealer's own count of what is in transit and the vendor's shipments are two views of one thing
    cast(greatest(coalesce(c.in_transit, 0), coalesce(s.on_its_way, 0)) as double precision) as on_order
from pair
inner join newest as n on pair.dealer_id = n.dealer_id
left join counted as c on pair.dealer_id = c.dealer_id and pair.product_id = c.product_id
left join sold as o on pair.dealer_id = o.dealer_id and pair.product_id = o.product_id
left join shipped as s on pair.dealer_id = s.dealer_id and pair.product_id = s.product_id
