{# The reports whose lines a model reads, itself or through other models; none: every report there is. #}
{% macro reports_read(model_name) %}
    {%- set ids = ['model.' ~ project_name ~ '.' ~ model_name] if model_name is not none else [] -%}
    {%- set seen, reports = {}, [] -%}
    {#- the list grows while it is read; a macro that calls itself takes ten times as long -#}
    {%- for id in ids -%}
        {%- if id not in seen -%}
            {%- do seen.update({id: true}) -%}
            {%- set node = graph.nodes.get(id) or graph.sources.get(id) -%}
            {%- if node.config.reads_every_report -%}
                {{ return([]) }}
            {%- elif node.source_name == 'raw' -%}
                {%- do reports.append(node.name) -%}
            {%- elif node.depends_on is defined -%}
                {%- do ids.extend(node.depends_on.nodes) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(reports | sort) }}
{% endmacro %}
