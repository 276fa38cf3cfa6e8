{# The rows of a published mart that are about the dealer who asks. #}
{% macro shared(mart) -%}
select mart.*
from {{ ref('publish__' ~ mart) }} as mart
where mart.dealer_id = {{ asking_dealer() }}
{%- endmacro %}
