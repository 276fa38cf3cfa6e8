{#
    The order in which statements are evaluated: first all that look at gross measures, then, level by
    level, those that look at what lower levels left. As (condition, is_net) on an int_rebate__period.
#}
{% macro rebate_passes() %}
    {%- set passes = [('not rule.net_of_lower', false)] -%}
    {%- set levels = rebate_rules() | selectattr('net_of_lower') | map(attribute='stacking_level') | unique | sort -%}
    {%- for level in levels -%}
        {%- do passes.append(('rule.net_of_lower and rule.stacking_level = ' ~ level | int, true)) -%}
    {%- endfor -%}
    {{ return(passes) }}
{% endmacro %}
