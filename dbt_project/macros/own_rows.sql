{#
    The rows of this mart itself of these versions; none before its table is there. In a unit test, which
    gives slices, `this` is what the test gives.
#}
{% macro own_rows(versions) -%}
    (
        {%- if execute and var('slices') is none and load_relation(this) is none %}
        select
            {%- for column in model.columns.values() %}
            cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        where 1 = 0
        {%- else %}
        select * from {{ this }}
        where {{ versions }}
        {%- endif %}
    )
{%- endmacro %}
