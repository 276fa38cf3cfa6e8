{# The rows of this mart itself that readers see now; none before its first publication. #}
{% macro published_before(mart) -%}
    {{ own_rows(published_filter(mart)) }}
{%- endmacro %}
