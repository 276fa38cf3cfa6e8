with {{ current_lines(
    'return',
    'stg_vendor__return',
    business_date='return_date',
    key=['rma_no', 'line_no'],
    months=affected_months('fct_return'),
) }}

select * from current_line
