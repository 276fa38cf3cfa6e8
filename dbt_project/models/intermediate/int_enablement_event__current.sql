with {{ current_lines(
    'enablement_event',
    'stg_vendor__enablement_event',
    business_date='opened_at',
    key=['event_id'],
    months=affected_months('fct_enablement_event'),
) }}

select * from current_line
