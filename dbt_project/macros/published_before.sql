{# The rows of this mart itself that readers see now; none before its first publication. #}
{% macro published_before(mart) -%}
    (
        {%- if execute and load_relation(this) is none %}
        select
            {%- for column in model.columns.values() %}
            cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        where 1 = 0
        {%- else %}
        select mine.* from {{ this }} as mine
        inner join {{ source('ctl', 'published_slice') }} as pointer
            on
                mine.batch_id = pointer.batch_id
                and mine.slice = pointer.slice
        where pointer.mart = '{{ mart }}'
        {%- endif %}
    )
{%- endmacro %}
