{# The months themselves and those up to `back` before each and `ahead` after each, sorted. #}
{% macro months_with(months, back=0, ahead=0, until=none) %}
    {%- set found = {} -%}
    {%- for month in months -%}
        {%- for n in range(-back, ahead + 1) -%}
            {%- set other = add_months(month, n) -%}
            {%- if until is none or other <= until or n <= 0 -%}
                {%- do found.update({other: true}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found.keys() | sort) }}
{% endmacro %}
