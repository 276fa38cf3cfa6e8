{# Python side: the first day of the month n months after an ISO day. #}
{% macro add_months(day, n) %}
    {%- set index = day[:4] | int * 12 + (day[5:7] | int) - 1 + n -%}
    {{ return('%04d-%02d-01' % (index // 12, index % 12 + 1)) }}
{% endmacro %}
