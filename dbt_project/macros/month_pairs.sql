{# Each month with those that lie `from` to `to` months before it, as rows: slice and seen; for joins by equality. #}
{% macro month_pairs(months, from, to) -%}
    (
        {%- for month in months %}
        {%- for n in range(from, to + 1) %}
        select
            {{ date_literal(month) }} as slice,
            {{ date_literal(add_months(month, -n)) }} as seen
        {{ 'union all' if not loop.last }}
        {%- endfor %}
        {{ 'union all' if not loop.last }}
        {%- else %}
        select
            {{ date_literal(var('whole')) }} as slice,
            {{ date_literal(var('whole')) }} as seen
        where 1 = 0
        {%- endfor %}
    )
{%- endmacro %}
