{# The months whose lines the periods of this batch look at. #}
{% macro rebate_months() %}
    {{ return(rebate_days('month', ref('int_rebate__window'))) }}
{% endmacro %}
