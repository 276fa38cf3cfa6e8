{# Every month from the first that readers see of fct_pos to the last of the given ones. #}
{% macro all_months_to(months) %}
    {%- if not months -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set first = ([months[0]] + all_months('fct_pos')) | min -%}
    {{ return(months_between(first, months[-1])) }}
{% endmacro %}
