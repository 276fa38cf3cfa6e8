{# Days as integers: a window can range over them on every engine. #}
{% macro day_number(column) -%}
    {{ dbt.datediff(date_literal('2000-01-01'), column, 'day') }}
{%- endmacro %}
