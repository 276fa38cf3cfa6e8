with {{ current_lines(
    'quality_feedback',
    'stg_vendor__quality_feedback',
    business_date='detected_at',
    key=['event_id'],
    months=affected_months('fct_quality_feedback'),
) }}

select * from current_line
