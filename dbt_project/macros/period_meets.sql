{# A submission's period meets one of the months; one without a period may meet any. #}
{% macro period_meets(months, alias) -%}
    (
        {{ alias }}.period_start is null
        {%- for span in month_spans(months) %}
        or ({{ alias }}.period_start < {{ date_literal(span[1]) }} and {{ alias }}.period_end >= {{ date_literal(span[0]) }})
        {%- endfor %}
    )
{%- endmacro %}
