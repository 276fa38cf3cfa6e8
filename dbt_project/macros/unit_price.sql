{# A price per piece without tax, to six digits. #}
{% macro unit_price(price, pieces_per_unit, tax_divisor, fx_rate='1') -%}
    cast(round({{ price }} / {{ pieces_per_unit }} / {{ tax_divisor }} * {{ fx_rate }}, 6) as numeric(18, 6))
{%- endmacro %}
