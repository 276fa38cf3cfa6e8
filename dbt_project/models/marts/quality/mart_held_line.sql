{%- set months = affected_months('mart_held_line') %}
{#- reports whose lines name a part; true where they also name a dealer -#}
{%- set of_parts = {
    'pos': false, 'stock': false, 'sell_in': false, 'orders': true, 'return': true,
    'quality_feedback': true, 'enablement_event': true, 'complaint': true, 'dealer_forecast': false,
} %}
with held as (
    {%- for report, names_dealer in of_parts.items() %}
    select
        slice,
        reported_by as dealer_id,
        '{{ report }}' as report,
        submission_id,
        row_no,
        held_code,
        case held_code
            when 'E_UOM_SPQ' then uom
            when 'E_TAX_BASIS' then tax_basis
            when 'E_CCY' then reported_currency
            {%- if names_dealer %}
            when 'E_DEALER_UNKNOWN' then dealer_id
            {%- endif %}
            else maker || ' ' || mpn
        end as held_value
    from {{ ref('int_' ~ report ~ '__normalised') }}
    where
        held_code is not null
        and {{ in_slices('slice', months) }}
    union all
    {%- endfor %}
    select
        slice,
        reported_by as dealer_id,
        'certification' as report,
        submission_id,
        row_no,
        held_code,
        dealer_id as held_value
    from {{ ref('int_certification__normalised') }}
    where
        held_code is not null
        and {{ in_slices('slice', months) }}
    union all
    select
        slice,
        reported_by as dealer_id,
        'logistics_event' as report,
        submission_id,
        row_no,
        held_code,
        case held_code
            when 'E_EVENT_ORDER' then cast(event_ts as {{ dbt.type_string() }})
            else shipment_no
        end as held_value
    from {{ ref('int_logistics_event__normalised') }}
    where
        held_code is not null
        and {{ in_slices('slice', months) }}
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
        when 'E_DEALER_UNKNOWN' then 'dealer_code'
        when 'E_EVENT_ORDER' then 'event_ts'
        when 'E_SHIPMENT_UNKNOWN' then 'shipment_no'
        when 'E_SIGNED_TWICE' then 'shipment_no'
        else 'mpn'
    end as field,
    held_value as value
from held
