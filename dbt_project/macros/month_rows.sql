{# Months as rows: slice, next_slice and month_end. #}
{% macro month_rows(months) -%}
    (
        {%- for month in months %}
        select
            {{ date_literal(month) }} as slice,
            {{ date_literal(add_months(month, 1)) }} as next_slice,
            cast({{ dbt.dateadd('day', -1, date_literal(add_months(month, 1))) }} as date) as month_end
        {{ 'union all' if not loop.last }}
        {%- else %}
        select
            {{ date_literal(var('whole')) }} as slice,
            {{ date_literal(var('whole')) }} as next_slice,
            {{ date_literal(var('whole')) }} as month_end
        where 1 = 0
        {%- endfor %}
    )
{%- endmacro %}
