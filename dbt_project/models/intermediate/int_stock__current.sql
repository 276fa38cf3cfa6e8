with {{ current_lines(
    'stock',
    'stg_dealers__stock',
    business_date='as_of',
    key=['location_id', 'maker', 'mpn', 'lot', 'stock_status', 'ownership', 'as_of'],
    months=affected_months('fct_inventory_daily'),
) }}

select * from current_line
