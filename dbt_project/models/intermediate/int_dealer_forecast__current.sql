with {{ current_lines(
    'dealer_forecast',
    'stg_dealers__dealer_forecast',
    business_date='submitted_on',
    key=['maker', 'mpn', 'week', 'submitted_on'],
    months=affected_months('fct_dealer_forecast'),
) }}

select * from current_line
