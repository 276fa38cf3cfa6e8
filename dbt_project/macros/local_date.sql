{# The date of an instant where the clock of the named zone hangs. #}
{% macro local_date(instant, zone) -%}
    {{ return(adapter.dispatch('local_date', 'chip_channel')(instant, zone)) }}
{%- endmacro %}

{% macro default__local_date(instant, zone) -%}
    cast({{ instant }} at time zone {{ zone }} as date)
{%- endmacro %}

{% macro spark__local_date(instant, zone) -%}
    cast(from_utc_timestamp({{ instant }}, {{ zone }}) as date)
{%- endmacro %}
