{# An instant: dbt's own type_timestamp has no zone on PostgreSQL. #}
{% macro instant_type() -%}
    {{ return(adapter.dispatch('instant_type', 'chip_channel')()) }}
{%- endmacro %}

{% macro default__instant_type() -%}
    timestamp with time zone
{%- endmacro %}

{% macro spark__instant_type() -%}
    timestamp
{%- endmacro %}
