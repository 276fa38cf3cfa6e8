{% macro slices_record(relation, mart, batch, months) -%}
    delete from {{ source('ctl', 'slice_version') }} where mart = '{{ mart }}' and batch_id = {{ batch }};
    insert into {{ source('ctl', 'slice_version') }} (mart, slice, batch_id, row_count)
    select
        '{{ mart }}' as mart,
        built.slice,
        {{ batch }} as batch_id,
        sum(built.row_count) as row_count
    from (
        select slice, count(*) as row_count from {{ relation }}
        where batch_id = {{ batch }}
        group by slice
        {%- for month in months %}
        union all
        select {{ date_literal(month) }} as slice, 0 as row_count
        {%- endfor %}
    ) as built
    group by built.slice
{%- endmacro %}
