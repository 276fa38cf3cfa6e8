{# The rows of a mart of these months that readers see now; of any mart, also one that is built later. #}
{% macro published_rows(mart, months) -%}
    {%- set query -%}
        select p.batch_id, string_agg(to_char(p.slice, 'YYYY-MM-DD'), ',' order by p.slice) as slices
        from {{ source('ctl', 'published_slice') }} as p
        where p.mart = '{{ mart }}' and {{ in_slices('p.slice', months) }}
        group by p.batch_id
        order by p.batch_id
    {%- endset -%}
    {#- no ref: it may be made of what asks here -#}
    (select * from {{ ref('fct_order').incorporate(path={'identifier': mart}) }} where {{ versions_of(query) }})
{%- endmacro %}
