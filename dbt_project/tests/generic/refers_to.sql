{# Every value in the mart's new rows is one of the dimension's, as it stands in this batch. #}
{% test refers_to(model, column, to) %}
select distinct fact.{{ column }}
from {{ model }} as fact
where
    fact.batch_id = {{ var('batch_id') | int }}
    and not exists (
        select 1 from {{ candidate(to) }} as dimension
        where dimension.{{ column }} = fact.{{ column }}
    )
{% endtest %}
