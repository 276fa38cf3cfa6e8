{# Python side: the first day of the period of n months that holds a month. #}
{% macro period_start(month, n) %}
    {%- set index = month[5:7] | int - 1 -%}
    {{ return('%s-%02d-01' % (month[:4], index // n * n + 1)) }}
{% endmacro %}
