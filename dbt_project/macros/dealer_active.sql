{# A version of a dealer's master data holds on a day, and its contract runs. #}
{% macro dealer_active(dealer, day) -%}
    {{ day }} >= {{ dealer }}.valid_from
    and ({{ dealer }}.valid_to is null or {{ day }} <= {{ dealer }}.valid_to)
    and {{ day }} >= {{ dealer }}.onboarding_date
    and {{ dealer }}.dealer_status <> 'ended'
{%- endmacro %}
