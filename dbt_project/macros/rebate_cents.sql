{# Money to cents: half_up is away from zero, half_even to the even cent, down towards zero. #}
{% macro rebate_cents(value, mode) -%}
    cast(sign({{ value }}) * (
        floor(abs({{ value }}) * 100)
        + case
            when {{ mode }} = 'down' then 0
            when abs({{ value }}) * 100 - floor(abs({{ value }}) * 100) > 0.5 then 1
            when abs({{ value }}) * 100 - floor(abs({{ value }}) * 100) < 0.5 then 0
            when {{ mode }} = 'half_even' then mod(floor(abs({{ value }}) * 100), 2)
            else 1
        end
    ) / 100 as numeric(18, 2))
{%- endmacro %}
