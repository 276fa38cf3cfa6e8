{# The newest slice of a mart that readers see, as a list for `candidate`; none before there is any. #}
{% macro latest_month(mart) %}
    {%- set found = all_months(mart) -%}
    {{ return(found[-1:]) }}
{% endmacro %}
