{#
    Each line's share of what its statement earned, to ten digits. Shares follow the measure where
    the earned amount is a rate on it; else (lump sum, cap, floor, year to date, or measures that sum
    to nothing) its absolute value. lines: int_rebate__measured with own_earned, what the rule earns
    on the line alone (basis line); statements: slice, programme, dealer_id, earned, bound.
#}
{% macro rebate_shares(lines, statements) -%}
(
    select
        w.*,
        case
            when w.basis = 'line' and w.bound is null then w.own_earned
            when w.total_weight <> 0 then round(w.earned * w.weight / w.total_weight, 10)
            when w.total_size <> 0 then round(w.earned * w.size / w.total_size, 10)
            else round(w.earned / w.line_count, 10)
        end as share
    from (
        select
            v.*,
            sum(v.weight) over (partition by v.slice, v.programme, v.dealer_id) as total_weight,
            sum(v.size) over (partition by v.slice, v.programme, v.dealer_id) as total_size,
            count(*) over (partition by v.slice, v.programme, v.dealer_id) as line_count
        from (
            select
                l.*,
                s.earned,
                s.bound,
                abs(l.measure) as size,
                case
                    when l.mode = 'lump_sum' or l.basis = 'year_to_date' or s.bound is not null then abs(l.measure)
                    else l.measure
                end as weight
            from {{ lines }} as l
            inner join {{ statements }} as s
                on l.slice = s.slice and l.programme = s.programme and l.dealer_id = s.dealer_id
        ) as v
    ) as w
)
{%- endmacro %}
