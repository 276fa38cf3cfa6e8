{%- set months = affected_months('fct_inventory_daily') %}
-- with all months before: claims, baselines and the period's last known rate look back as far as they like
with {{ current_lines(
    'market_index',
    'stg_vendor__market_index',
    business_date='period',
    key=['series', 'period', 'vintage'],
    months=months_between(var('calendar_from'), months[-1]) if months else [],
) }}

select * from current_line
