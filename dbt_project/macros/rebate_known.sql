{# Versions that the batch may use: those released by known_at, or those of its what-if. #}
{% macro rebate_known(alias) -%}
    {{ alias }}.simulation = {{ var('simulation') | int }}
    and ({{ alias }}.simulation > 0 or {{ alias }}.registered_at <= {{ known_at() }})
{%- endmacro %}
