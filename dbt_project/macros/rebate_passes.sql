{#
    The order in which statements are evaluated: first all that look at gross measures, then, level by
    level, those that look at what lower levels left. As (condition, is_net) on an int_rebate__period.
#}
{% macro rebate_passes() %}
    {%- set rules = ref('int_rebate__period') -%}
    {%- set passes = [('not rule.net_of_lower', false)] -%}
    {%- if execute and var('batch_id') | int > 0 -%}
        {%- set query -%}
            select distinct stacking_level from {{ rules }}
            where batch_id = {{ var('batch_id') | int }} and net_of_lower
            order by stacking_level
        {%- endset -%}
        {%- for row in run_query(query).rows -%}
            {%- do passes.append(('rule.net_of_lower and rule.stacking_level = ' ~ row[0] | int, true)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(passes) }}
{% endmacro %}
