with {{ current_lines(
    'logistics_event',
    'stg_vendor__logistics_event',
    business_date='event_ts',
    key=['event_id'],
    months=months_with(affected_months('fct_logistics_event'), back=var('transit_months')),
) }}

select * from current_line
