{# A figure held between 0 and 1; null stays null, which greatest and least do not promise. #}
{% macro clamped(figure) -%}
    case when {{ figure }} >= 1 then 1 when {{ figure }} <= 0 then 0 else {{ figure }} end
{%- endmacro %}
