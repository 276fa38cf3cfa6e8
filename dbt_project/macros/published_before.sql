{# The rows of this mart itself that readers see now; none before its first publication. #}
{% macro published_before(mart) -%}
    {%- if not execute -%}
        {{ return(own_rows('1 = 1')) }}
    {%- endif -%}
    {%- set query -%}
        select p.batch_id, string_agg(to_char(p.slice, 'YYYY-MM-DD'), ',' order by p.slice) as slices
        from {{ source('ctl', 'published_slice') }} as p
        where p.mart = '{{ mart }}'
        group by p.batch_id
        order by p.batch_id
    {%- endset -%}
    {{ own_rows(versions_of(query)) }}
{%- endmacro %}
