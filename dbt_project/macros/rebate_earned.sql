{#
    What a rule earns at a point: `points` is a relation with slice, programme, the columns of `key`,
    actual (what was counted) and reference (what growth is measured against). Bands are read as rebate.band holds them; for
    growth they are shares of the baseline, and without a baseline nothing is earned.
    bounded: hold the result between the rule's floor and cap.
    Gives slice, programme, key, band_no, band_from, rate, earned, bound.
#}
{% macro rebate_earned(points, key, bounded=true) -%}
(
    select
        f.*,
        {%- if bounded %}
        case when f.unbounded > f.cap then 'cap' when f.unbounded < f.floor then 'floor' end as bound,
        case when f.unbounded > f.cap then f.cap when f.unbounded < f.floor then f.floor else f.unbounded end as earned
        {%- else %}
        f.unbounded as earned
        {%- endif %}
    from (
        select
            b.*,
            case
                when b.is_growth and coalesce(b.reference, 0) <= 0 then 0
                when b.mode in ('marginal', 'growth_marginal') then b.sliced
                when b.mode = 'lump_sum' then coalesce(b.rate, 0)
                when b.mode = 'growth_retro_on_growth' then (b.actual - b.reference) * coalesce(b.rate, 0)
                else b.actual * coalesce(b.rate, 0)
            end as unbounded
        from (
            select
                p.slice,
                p.programme,
                {%- for column in key %}
                p.{{ column }},
                {%- endfor %}
                rule.mode,
                rule.is_growth,
                rule.cap,
                rule.floor,
                p.actual,
                p.reference,
                max(case when {{ rebate_in_band() }} then band.band_no end) as band_no,
                max(case when {{ rebate_in_band() }} then band.from_value * {{ rebate_scale() }} end) as band_from,
                max(case when {{ rebate_in_band() }} then band.rate end) as rate,
                sum(
                    case
                        when band.from_value is null
                            then least(p.actual, coalesce(band.upto_value * {{ rebate_scale() }}, p.actual)) * band.rate
                        else
                            greatest(
                                least(p.actual, coalesce(band.upto_value * {{ rebate_scale() }}, p.actual))
                                - band.from_value * {{ rebate_scale() }}, 0
                            ) * band.rate
                    end
                ) as sliced
            from {{ points }} as p
            inner join {{ rebate_rule() }} as rule
                on p.slice = rule.slice and p.programme = rule.programme
            inner join {{ source('rebate', 'band') }} as band
                on
                    rule.simulation = band.simulation
                    and rule.programme = band.programme
                    and rule.rule_version = band.version
            group by
                p.slice,
                p.programme,
                {%- for column in key %}
                p.{{ column }},
                {%- endfor %}
                rule.mode,
                rule.is_growth,
                rule.cap,
                rule.floor,
                p.actual,
                p.reference
        ) as b
    ) as f
)
{%- endmacro %}
