{% macro months_between(first, last) %}
    {%- set n = (last[:4] | int - first[:4] | int) * 12 + last[5:7] | int - first[5:7] | int -%}
    {{ return(months_with([first], ahead=n)) }}
{% endmacro %}
