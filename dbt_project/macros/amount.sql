{# An amount without tax, to six digits: from what was reported, so that nothing is rounded twice. #}
{% macro amount(qty, price, tax_divisor, fx_rate='1') -%}
    cast(round({{ qty }} * {{ price }} / {{ tax_divisor }} * {{ fx_rate }}, 6) as numeric(24, 6))
{%- endmacro %}
