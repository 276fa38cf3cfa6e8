{# The reports whose lines a model reads, itself or through other models; none: every report there is. #}
{% macro reports_read(model_name) %}
    {%- set found = {} -%}
    {%- if model_name is not none -%}
        {%- do upstream('model.' ~ project_name ~ '.' ~ model_name, found) -%}
    {%- endif -%}
    {%- if var('reads_every_report') | select('in', found.values()) | list -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set reports = [] -%}
    {%- for id in found if id in graph.sources and graph.sources[id].source_name == 'raw' -%}
        {%- do reports.append(found[id]) -%}
    {%- endfor -%}
    {{ return(reports | sort) }}
{% endmacro %}
