{# All slices of a mart that readers see, sorted. #}
{% macro all_months(mart) %}
    {%- if var('slices') is not none or not execute -%}
        {{ return(var('slices') or []) }}
    {%- endif -%}
    {%- set query -%}
        select to_char(p.slice, 'YYYY-MM-DD') as slice
        from {{ source('ctl', 'published_slice') }} as p
        where p.mart = '{{ mart }}'
        order by p.slice
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list) }}
{% endmacro %}
