{# A condition on a mart's rows, in literals: those of the versions (batch_id, slices) that a query names. #}
{% macro versions_of(query) %}
    {%- set terms = [] -%}
    {%- for row in run_query(query).rows -%}
        {%- do terms.append(
            '(batch_id = ' ~ row['batch_id'] | int ~ ' and ' ~ in_slices('slice', row['slices'].split(',')) ~ ')'
        ) -%}
    {%- endfor -%}
    {{ return('(' ~ terms | join(' or ') ~ ')' if terms else '1 = 0') }}
{% endmacro %}
