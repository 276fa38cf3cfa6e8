{% macro candidate_filter(mart, months) %}
    {%- if var('slices') is not none or not execute -%}
        {{ return('1 = 1') }}
    {%- endif -%}
    {%- set batch = var('batch_id') | int -%}
    {%- set query -%}
        select w.batch_id, string_agg(to_char(w.slice, 'YYYY-MM-DD'), ',' order by w.slice) as slices
        from (
            select v.batch_id, v.slice
            from {{ source('ctl', 'slice_version') }} as v
            where v.mart = '{{ mart }}' and v.batch_id = {{ batch }} and {{ in_slices('v.slice', months) }}
            union all
            select p.batch_id, p.slice
            from {{ source('ctl', 'published_slice') }} as p
            where p.mart = '{{ mart }}' and {{ in_slices('p.slice', months) }}
                and not exists (
                    select 1
                    from {{ source('ctl', 'slice_version') }} as v
                    where v.mart = p.mart and v.slice = p.slice and v.batch_id = {{ batch }}
                )
                and not exists (
                    select 1
                    from {{ source('ctl', 'batch') }} as b
                    where b.batch_id = {{ batch }} and b.kind = 'as_known'
                )
        ) as w
        group by w.batch_id
        order by w.batch_id
    {%- endset -%}
    {{ return(versions_of(query)) }}
{% endmacro %}
