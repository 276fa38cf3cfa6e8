{# Whether a point's actual lies in a band; each band ends where the next begins. #}
{% macro rebate_in_band() -%}
    case
        when rule.includes_boundary
            then
                (band.from_value is null or p.actual >= band.from_value * {{ rebate_scale() }})
                and (band.upto_value is null or p.actual < band.upto_value * {{ rebate_scale() }})
        else
            (band.from_value is null or p.actual > band.from_value * {{ rebate_scale() }})
            and (band.upto_value is null or p.actual <= band.upto_value * {{ rebate_scale() }})
    end
{%- endmacro %}
