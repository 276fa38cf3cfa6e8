{# A version of a policy holds on a day; for a join with int_policy__in_force. #}
{% macro policy_holds(version, policy, day) -%}
    {{ version }}.policy = '{{ policy }}'
    and {{ day }} >= {{ version }}.valid_from
    and ({{ version }}.valid_until is null or {{ day }} < {{ version }}.valid_until)
{%- endmacro %}
