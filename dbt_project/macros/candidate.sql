{#
    Reads a mart as it will stand once this batch is published: of each slice the version that this
    batch built, else the published one. months: which slices; none for a dimension. A mart that
    looks back on its own earlier months may name itself.
#}
{% macro candidate(mart, months=none) -%}
    {%- set versions = candidate_filter(mart, months or [var('whole')]) -%}
    {%- if mart == model.name -%}
        {{ own_rows(versions) }}
    {%- else -%}
    (
        select * from {{ ref(mart) }}
        where {{ versions }}
    )
    {%- endif -%}
{%- endmacro %}
