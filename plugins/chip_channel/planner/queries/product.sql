-- Parts as they stand.
select
    product_id, family, cast(spq as double precision) as spq, cast(moq as double precision) as moq,
    cast(lead_time_days as double precision) as lead_time_days, stage, launch_date, last_buy, last_ship,
    cast(list_price as double precision) as list_price, list_price_currency
from publish.dim_product
where is_current
