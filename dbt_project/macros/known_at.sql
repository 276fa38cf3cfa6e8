{% macro known_at() -%}
    cast('{{ var("known_at") }}' as {{ instant_type() }})
{%- endmacro %}
