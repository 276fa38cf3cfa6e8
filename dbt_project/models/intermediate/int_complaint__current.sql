with {{ current_lines(
    'complaint',
    'stg_vendor__complaint',
    business_date='opened_on',
    key=['event_id'],
    months=affected_months('fct_complaint'),
) }}

select * from current_line
