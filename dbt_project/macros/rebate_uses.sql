{# Whether any rule of the batch has this value of a switch: what nobody uses is not computed. #}
{% macro rebate_uses(switch, value) %}
    {%- set rules = ref('int_rebate__period') -%}
    {%- if not execute or var('batch_id') | int == 0 -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set query -%}
        select count(*) as rules from {{ rules }}
        where batch_id = {{ var('batch_id') | int }} and {{ switch }} = {{ value }}
    {%- endset -%}
    {{ return(run_query(query).rows[0]['rules'] > 0) }}
{% endmacro %}
