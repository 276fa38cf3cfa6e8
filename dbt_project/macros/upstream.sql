{# Adds a node and all that it is made of to `found`: name by id. #}
{% macro upstream(id, found) %}
    {%- set node = graph.nodes.get(id) or graph.sources.get(id) -%}
    {%- if node and id not in found -%}
        {%- do found.update({id: node.name}) -%}
        {%- for other in (node.depends_on.nodes if 'depends_on' in node else []) -%}
            {%- do upstream(other, found) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
