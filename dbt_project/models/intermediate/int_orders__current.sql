with {{ current_lines(
    'orders',
    'stg_vendor__orders',
    business_date='order_date',
    key=['dealer_id', 'order_no', 'line_no', 'version'],
    months=affected_months('fct_order'),
) }}

select * from current_line
