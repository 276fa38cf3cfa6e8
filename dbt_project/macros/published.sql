{# The rows of a mart that the pointers name; its columns are the mart's, described once there. #}
{% macro published(mart) -%}
select
    {%- for name in model.columns.keys() %}
    mart.{{ name }}{{ ',' if not loop.last }}
    {%- else %}
    mart.*
    {%- endfor %}
from {{ ref(mart) }} as mart
inner join {{ source('ctl', 'published_slice') }} as pointer
    on mart.batch_id = pointer.batch_id
    and mart.slice = pointer.slice
    and pointer.mart = '{{ mart }}'
{%- endmacro %}
