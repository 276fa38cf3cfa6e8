-- Demand per dealer, part and week, net of returns; a week that two months share comes in two parts.
select
    dealer_id,
    product_id,
    week,
    cast(sum(sold_qty - returned_qty) as double precision) as quantity,
    max(case when is_stock_out then 1 else 0 end) = 1 as censored
from publish.fct_demand_weekly
group by dealer_id, product_id, week
