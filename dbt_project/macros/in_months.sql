{# A business date lies in one of the months. #}
{% macro in_months(column, months) -%}
    (
        {%- for span in month_spans(months) %}
        ({{ column }} >= {{ date_literal(span[0]) }} and {{ column }} < {{ date_literal(span[1]) }})
        {{- ' or' if not loop.last }}
        {%- else %}
        1 = 0
        {%- endfor %}
    )
{%- endmacro %}
