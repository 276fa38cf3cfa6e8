{%- set months = affected_months('mart_held_line') %}
{%- set unit = {'pos': 'resale_price', 'stock': 'book_cost', 'sell_in': 'unit_price'} %}
with held as (
    {%- for report in unit %}
    select
        slice,
        reported_by as dealer_id,
        '{{ report }}' as report,
        submission_id,
        row_no,
        held_code,
        maker,
        mpn,
        uom,
        tax_basis,
        reported_currency
    from {{ ref('int_' ~ report ~ '__normalised') }}
    where
        held_code is not null
        and {{ in_slices('slice', months) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    dealer_id,
    report,
    submission_id,
    row_no,
    held_code as code,
    case held_code
        when 'E_UOM_SPQ' then 'uom'
        when 'E_TAX_BASIS' then 'tax_rate'
        when 'E_CCY' then 'currency'
        else 'mpn'
    end as field,
    case held_code
        when 'E_UOM_SPQ' then uom
        when 'E_TAX_BASIS' then tax_basis
        when 'E_CCY' then reported_currency
        else maker || ' ' || mpn
    end as value
from held
