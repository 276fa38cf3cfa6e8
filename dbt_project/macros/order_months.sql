{#
    The slices of a mart that is made of orders: affected_months, and of the months before those that
    int_order__reopened names, with as many later ones as the mart looks back on.
#}
{% macro order_months(mart) %}
    {%- set months = affected_months(mart) -%}
    {%- if var('slices') is not none -%}
        {{ return(months) }}
    {%- endif -%}
    {#- named also while dbt parses, so that it knows what it depends on -#}
    {%- set reopened = ref('int_order__reopened') -%}
    {%- if not months -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set query -%}
        select to_char(slice, 'YYYY-MM-01') as month_text
        from {{ reopened }}
        where batch_id = {{ var('batch_id') | int }}
    {%- endset -%}
    {%- set earlier = run_query(query).columns[0].values() | list -%}
    {%- set again = months_with(earlier, ahead=var('windows').get(mart, 0), until=last_month()) -%}
    {{ return((months + again) | unique | sort) }}
{% endmacro %}
