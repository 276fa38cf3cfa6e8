{#
    An end of Wilson's 95 % interval of a share, `hits` of `n`; null without any n. Sign: '-' or '+'.
    1.959964 is the 97.5 % quantile of the normal distribution, 3.841459 its square.
#}
{% macro wilson(hits, n, sign) -%}
    {%- set p = '(cast(' ~ hits ~ ' as numeric(30, 12)) / nullif(' ~ n ~ ', 0))' -%}
    {{ clamped(
        '((' ~ p ~ ' + 3.841459 / (2 * nullif(' ~ n ~ ', 0)) ' ~ sign ~ ' 1.959964 * sqrt(('
        ~ p ~ ' * (1 - ' ~ p ~ ') + 3.841459 / (4 * nullif(' ~ n ~ ', 0))) / nullif(' ~ n ~ ', 0)))'
        ~ ' / (1 + 3.841459 / nullif(' ~ n ~ ', 0)))'
    ) }}
{%- endmacro %}
