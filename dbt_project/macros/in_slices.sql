{% macro in_slices(column, months) -%}
    {%- if months -%}
        {{ column }} in ({% for month in months %}{{ date_literal(month) }}{{ ', ' if not loop.last }}{% endfor %})
    {%- else -%}
        1 = 0
    {%- endif -%}
{%- endmacro %}
