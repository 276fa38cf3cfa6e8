{# A list column as rows, to be joined laterally: `from t {{ split_list('t.aliases', 'alias') }}`. #}
{% macro split_list(column, name) -%}
    {{ return(adapter.dispatch('split_list', 'chip_channel')(column, name)) }}
{%- endmacro %}

{% macro default__split_list(column, name) -%}
    cross join lateral regexp_split_to_table({{ column }}, '\s*[|;]\s*') as {{ name }}
{%- endmacro %}

{% macro spark__split_list(column, name) -%}
    lateral view explode(split({{ column }}, '\\s*[|;]\\s*')) exploded as {{ name }}
{%- endmacro %}
