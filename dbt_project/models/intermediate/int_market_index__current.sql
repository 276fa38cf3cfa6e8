with {{ current_lines(
    'market_index',
    'stg_vendor__market_index',
    business_date='period',
    key=['series', 'period', 'vintage'],
    months=affected_months('fct_inventory_daily'),
) }}

select * from current_line
