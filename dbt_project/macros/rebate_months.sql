{# The months whose lines the periods of this batch look at. #}
{% macro rebate_months() %}
    {%- set found = {} -%}
    {%- set periods = rebate_periods() -%}
    {%- set last = last_month() -%}
    {%- for rule in rebate_rules() -%}
        {%- for start in periods
            if period_start(start, rule['period_months']) == start
            and rule['valid_from'] <= start and start <= rule['valid_to'] -%}
            {%- set end = add_months(start, rule['period_months'] - 1) -%}
            {%- set begin = start[:4] ~ '-01-01' if rule['basis'] == 'year_to_date' else start -%}
            {%- for month in months_between(begin, end) if month <= last -%}
                {%- do found.update({month: true}) -%}
            {%- endfor -%}
            {%- if rule['baseline'] == 'prior_year' -%}
                {%- for month in months_between(add_months(start, -12), add_months(end, -12)) -%}
                    {%- do found.update({month: true}) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found.keys() | sort) }}
{% endmacro %}
