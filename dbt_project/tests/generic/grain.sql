{# The grain of a mart's new rows: the key is unique, and it and the required columns are never null. #}
{% test grain(model, key, required=[]) %}
select {{ key | join(', ') }}
from {{ model }}
where batch_id = {{ var('batch_id') | int }}
group by {{ key | join(', ') }}
having
    count(*) > 1
    {%- for column in key + required %}
    or count({{ column }}) < count(*)
    {%- endfor %}
{% endtest %}
