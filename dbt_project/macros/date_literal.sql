{% macro date_literal(day) -%}
    cast('{{ day }}' as date)
{%- endmacro %}
