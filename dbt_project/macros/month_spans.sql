{# Runs of months without a gap, as (first day, first day after). #}
{% macro month_spans(months) %}
    {%- set spans = [] -%}
    {%- for month in months -%}
        {%- if spans and spans[-1][1] == month -%}
            {%- do spans.append((spans.pop()[0], add_months(month, 1))) -%}
        {%- else -%}
            {%- do spans.append((month, add_months(month, 1))) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(spans) }}
{% endmacro %}
