{# The dealer whose session this is: null, so no rows, where nobody said so. #}
{% macro asking_dealer() -%}
    {{ return(adapter.dispatch('asking_dealer', 'chip_channel')()) }}
{%- endmacro %}

{% macro default__asking_dealer() -%}
    {{ exceptions.raise_compiler_error('say how a session of ' ~ target.type ~ ' names its dealer') }}
{%- endmacro %}

{% macro postgres__asking_dealer() -%}
    nullif(current_setting('chip_channel.dealer', true), '')
{%- endmacro %}
