{# The submissions that this batch sees. #}
{% macro visible_submissions() -%}
    (select * from {{ ref('int_submission__visible') }} where batch_id = {{ var('batch_id') | int }})
{%- endmacro %}
