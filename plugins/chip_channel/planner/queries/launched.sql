-- Receipts and sales of parts that were launched in the last year, by dealer and week.
select
    product_id, dealer_id, week, cast(sum(placed) as double precision) as placed,
    cast(sum(sold) as double precision) as sold
from (
    select product_id, dealer_id, cast(date_trunc('week', received_date) as date) as week, qty as placed, 0 as sold
    from publish.fct_sell_in where received_date is not null
    union all
    select product_id, dealer_id, week, 0, sold_qty - returned_qty from publish.fct_demand_weekly
) as moved
group by product_id, dealer_id, week
