{# What a threshold is a share of. #}
{% macro rebate_scale() -%}
    case when rule.is_growth then p.reference else 1 end
{%- endmacro %}
