{# The rows of a mart of these months that readers see now; of any mart, also one that is built later. #}
{% macro published_rows(mart, months) -%}
    {#- no ref: it may be made of what asks here -#}
    (select * from {{ ref('fct_order').incorporate(path={'identifier': mart}) }} where {{ published_filter(mart, months) }})
{%- endmacro %}
