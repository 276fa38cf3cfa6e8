{# What a threshold is a share of. #}
{% macro rebate_scale() -%}
    case when rule.is_growth then p.baseline else 1 end
{%- endmacro %}
