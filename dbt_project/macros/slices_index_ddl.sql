{# Read by batch and slice; further indexes by the model's config. #}
{% macro slices_index_ddl(relation) -%}
    {{ return(adapter.dispatch('slices_index_ddl', 'chip_channel')(relation)) }}
{%- endmacro %}

{% macro default__slices_index_ddl(relation) -%}
    select 1
{%- endmacro %}

{% macro postgres__slices_index_ddl(relation) -%}
    {%- if 'slice' in model.columns %}
    create index if not exists {{ relation.identifier }}_by_slice on {{ relation }} (batch_id, slice);
    create statistics if not exists {{ relation.schema }}.{{ relation.identifier }}_slices (mcv)
    on batch_id, slice from {{ relation }};
    {%- endif %}
    {%- for name, definition in config.get('slice_indexes', {}).items() %}
    create index if not exists {{ relation.identifier }}_{{ name }} on {{ relation }} {{ definition }};
    {%- endfor %}
    select 1
{%- endmacro %}
