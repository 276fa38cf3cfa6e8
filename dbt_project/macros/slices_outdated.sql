{# Rows to replace: the batch's own; of what is not kept as versions also those of batches that ended. #}
{% macro slices_outdated(batch) -%}
    batch_id = {{ batch }}
    {%- if not config.get('versioned', true) %}
    or batch_id not in (select b.batch_id from {{ source('ctl', 'batch') }} as b where b.status = 'open')
    {%- endif %}
{%- endmacro %}
