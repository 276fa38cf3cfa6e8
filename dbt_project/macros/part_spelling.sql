{# How two spellings of a part number or maker are compared. #}
{% macro part_spelling(column) -%}
    upper(replace(replace({{ column }}, ' ', ''), '-', ''))
{%- endmacro %}
