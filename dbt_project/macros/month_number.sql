{% macro month_number(column) -%}
    {{ dbt.datediff(date_literal('2000-01-01'), column, 'month') }}
{%- endmacro %}
