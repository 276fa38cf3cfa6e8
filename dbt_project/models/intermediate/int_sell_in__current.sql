with {{ current_lines(
    'sell_in',
    'stg_vendor__sell_in',
    business_date='ship_date',
    key=['shipment_no', 'line_no'],
    months=affected_months('fct_sell_in'),
) }}

select * from current_line
