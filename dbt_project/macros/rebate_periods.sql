{# The slices of the rebate marts that this batch builds: first days of periods. #}
{% macro rebate_periods() %}
    {{ return(rebate_days('slice', ref('int_rebate__period'))) }}
{% endmacro %}
