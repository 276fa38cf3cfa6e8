{# The grain of a mart's new rows (of a ledger, of all): the key is unique, and it and the required columns are never null. #}
{% test grain(model, key, required=[], all_rows=false) %}
select {{ key | join(', ') }}
from {{ model }}
{%- if not all_rows %}
where batch_id = {{ var('batch_id') | int }}
{%- endif %}
group by {{ key | join(', ') }}
having
    count(*) > 1
    {%- for column in key + required %}
    or count({{ column }}) < count(*)
    {%- endfor %}
{% endtest %}
