{# The rules in force for the periods of this batch. #}
{% macro rebate_rule() -%}
    (select * from {{ ref('int_rebate__period') }} where batch_id = {{ var('batch_id') | int }})
{%- endmacro %}
