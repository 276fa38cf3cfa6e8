{# The month in which a line counts for a rule. #}
{% macro rebate_month(row, rule) -%}
    case when {{ rule }}.returns = 'original_period' then {{ row }}.counted_month else {{ row }}.month end
{%- endmacro %}
