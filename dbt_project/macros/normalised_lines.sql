{#
    Current lines with what turns them into pieces and into money without tax: product, pieces per
    reported unit, tax divisor, exchange rate. A line for which one of them cannot be told carries
    the reason in held_code; a rate is never assumed. The needs_ arguments are conditions: when a
    line must name a part, count pieces or give a price. dealer: the column that names a dealer.
#}
{% macro normalised_lines(
    lines, business_date, needs_money='1 = 0', needs_part='1 = 1', needs_pieces='1 = 1', dealer=none
) -%}
part as (
    select product_id, maker, mpn, spq from {{ candidate('dim_product') }} as p
    where is_current
),

resolved as (
    select
        l.*,
        {%- if dealer %}
        known.dealer_id as known_dealer_id,
        {%- endif %}
        coalesce(exact.product_id, case when spelling.part_count = 1 then spelling.product_id end) as product_id,
        coalesce(exact.spq, spelling.spq) as spq,
        coalesce(spelling.part_count, 0) as part_count,
        case l.tax_basis when 'excl' then 1 when 'incl' then 1 + l.tax_rate end as tax_divisor,
        case when l.reported_currency = '{{ var("vendor_currency") }}' then 1 else fx.rate end as fx_rate
    from {{ ref(lines) }} as l
    left join part as exact
        on l.maker = exact.maker and l.mpn = exact.mpn
    left join {{ ref('int_part__spelling') }} as spelling
        on {{ part_spelling('l.maker') }} = spelling.maker_spelling
        and {{ part_spelling('l.mpn') }} = spelling.mpn_spelling
    left join {{ ref('int_fx__monthly') }} as fx
        on l.reported_currency = fx.currency
        and {{ month_of('l.' ~ business_date) }} = fx.month
    {%- if dealer %}
    left join {{ known_dealers() }} as known on l.{{ dealer }} = known.dealer_id
    {%- endif %}
),

measured as (
    select
        r.*,
        cast(case r.uom when 'pcs' then 1 when 'kpcs' then 1000 when 'reel' then r.spq end as numeric(18, 3))
            as pieces_per_unit
    from resolved as r
),

normalised as (
    select
        m.*,
        {{ month_of('m.' ~ business_date) }} as slice,
        case
            {%- if dealer %}
            when m.known_dealer_id is null then 'E_DEALER_UNKNOWN'
            {%- endif %}
            when {{ needs_part }} and m.product_id is null and m.part_count > 1 then 'E_MPN_AMBIGUOUS'
            when {{ needs_part }} and m.product_id is null then 'E_MPN_UNKNOWN'
            when {{ needs_pieces }} and m.pieces_per_unit is null then 'E_UOM_SPQ'
            when {{ needs_money }} and m.tax_divisor is null then 'E_TAX_BASIS'
            when {{ needs_money }} and m.fx_rate is null then 'E_CCY'
        end as held_code
    from measured as m
)
{%- endmacro %}
