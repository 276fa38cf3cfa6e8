{# The months that the windows of this batch's periods look at; part: period, before or baseline alone. #}
{% macro rebate_months(part=none) %}
    {{ return(rebate_days(
        'month', ref('int_rebate__window'), "part = '" ~ part ~ "'" if part else '1 = 1'
    )) }}
{% endmacro %}
