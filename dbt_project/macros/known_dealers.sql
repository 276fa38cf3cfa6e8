{# Every dealer that the master ever held. #}
{% macro known_dealers() -%}
    (
        select distinct dealer_id from {{ candidate('dim_dealer') }} as d
    )
{%- endmacro %}
