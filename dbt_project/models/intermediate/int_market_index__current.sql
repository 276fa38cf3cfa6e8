{%- set last = ([last_month()] + affected_months()) | select | sort | last %}
-- with all months before: claims, baselines and the period's last known rate look back as far as they like
with {{ current_lines(
    'market_index',
    'stg_vendor__market_index',
    business_date='period',
    key=['series', 'period', 'vintage'],
    months=months_between(var('calendar_from'), last) if last else [],
) }}

select * from current_line
