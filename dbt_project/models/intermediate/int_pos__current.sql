with {{ current_lines(
    'pos',
    'stg_dealers__pos',
    business_date='invoice_date',
    key=['invoice_no', 'line_no', 'line_type'],
    months=affected_months('fct_pos'),
) }}

select * from current_line
