{# A condition on a mart's rows: those that readers see now; of these months, or of all. #}
{% macro published_filter(mart, months=none) %}
    {%- if var('slices') is not none or not execute -%}
        {{ return('1 = 1') }}
    {%- endif -%}
    {%- set query -%}
        select p.batch_id, string_agg(to_char(p.slice, 'YYYY-MM-DD'), ',' order by p.slice) as slices
        from {{ source('ctl', 'published_slice') }} as p
        where p.mart = '{{ mart }}'{% if months is not none %} and {{ in_slices('p.slice', months) }}{% endif %}
        group by p.batch_id
        order by p.batch_id
    {%- endset -%}
    {{ return(versions_of(query)) }}
{% endmacro %}
