{# Every month from the first that readers see of a mart to the last of the given ones. #}
{% macro all_months_to(months, mart='fct_pos') %}
    {%- if not months -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set first = ([months[0]] + all_months(mart)) | min -%}
    {{ return(months_between(first, months[-1])) }}
{% endmacro %}
