{# The last month that any accepted report is about, by known_at; none before there is one. #}
{% macro last_month() %}
    {%- if not execute -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set query -%}
        select to_char(max(s.period_end), 'YYYY-MM-01') as last_month
        from {{ source('ctl', 'submission') }} as s
        where s.status = 'accepted' and s.report in ('pos', 'stock', 'sell_in')
            and s.received_at <= {{ known_at() }}
    {%- endset -%}
    {{ return(run_query(query).rows[0]['last_month']) }}
{% endmacro %}
