with {{ current_lines(
    'certification',
    'stg_vendor__certification',
    business_date='assessed_at',
    key=['dealer_id', 'assessed_at'],
    months=affected_months('fct_certification'),
) }}

select * from current_line
