{# The dealer whose session this is: null, so no rows, where nobody said so. Elsewhere the login's name. #}
{% macro asking_dealer() -%}
    {{ return(adapter.dispatch('asking_dealer', 'chip_channel')()) }}
{%- endmacro %}

{% macro default__asking_dealer() -%}
    current_user
{%- endmacro %}

{% macro postgres__asking_dealer() -%}
    nullif(current_setting('chip_channel.dealer', true), '')
{%- endmacro %}
