{#
    Reads a mart as it will stand once this batch is published: of each slice the version that this
    batch built, else the published one. months: which slices; none for a dimension.
#}
{% macro candidate(mart, months=none) -%}
    (
        select * from {{ ref(mart) }}
        where {{ candidate_filter(mart, months or [var('whole')]) }}
    )
{%- endmacro %}
