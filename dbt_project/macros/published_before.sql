{# The rows of this mart itself that readers see now; none before its first publication. #}
{% macro published_before(mart) -%}
    {%- if not execute -%}
        {{ return('(select * from ' ~ this ~ ')') }}
    {%- endif -%}
    {%- set query -%}
        select p.batch_id, string_agg(to_char(p.slice, 'YYYY-MM-DD'), ',' order by p.slice) as slices
        from {{ source('ctl', 'published_slice') }} as p
        where p.mart = '{{ mart }}'
        group by p.batch_id
        order by p.batch_id
    {%- endset -%}
    (
        {%- if load_relation(this) is none %}
        select
            {%- for column in model.columns.values() %}
            cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        where 1 = 0
        {%- else %}
        select * from {{ this }}
        where {{ versions_of(query) }}
        {%- endif %}
    )
{%- endmacro %}
