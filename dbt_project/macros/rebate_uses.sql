{# Whether any known programme version has this value of a switch: what nobody uses is not computed. #}
{% macro rebate_uses(switch, value) %}
    {{ return((rebate_rules() | selectattr(switch, 'equalto', value) | list | length) > 0) }}
{% endmacro %}
