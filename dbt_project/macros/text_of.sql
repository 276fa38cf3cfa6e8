{# A value as text. #}
{% macro text_of(value) -%}
    cast({{ value }} as {{ dbt.type_string() }})
{%- endmacro %}
