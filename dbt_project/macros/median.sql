{# The median of a numeric column within each group. #}
{% macro median(column) -%}
    {{ return(adapter.dispatch('median', 'chip_channel')(column)) }}
{%- endmacro %}

{% macro default__median(column) -%}
    cast(percentile_cont(0.5) within group (order by {{ column }}) as numeric(24, 6))
{%- endmacro %}
