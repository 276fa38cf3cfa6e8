{# The distinct days of a column of one of the engine's tables, of this batch, sorted. #}
{% macro rebate_days(column, table, condition='1 = 1') %}
    {%- if not execute or var('batch_id') | int == 0 -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set query -%}
        select distinct to_char({{ column }}, 'YYYY-MM-DD') as day_text from {{ table }}
        where batch_id = {{ var('batch_id') | int }} and {{ condition }}
        order by day_text
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list) }}
{% endmacro %}
