{# A column that the contract gained is added; old versions hold null there. #}
{% macro slices_add_columns(relation) -%}
    {%- set present = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {%- for column in model.columns.values() if column.name not in present %}
    alter table {{ relation }} add column {{ column.name }} {{ column.data_type }};
    {%- endfor %}
    select 1
{%- endmacro %}
