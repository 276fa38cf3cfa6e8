{%- set months = affected_months('mart_held_line') %}
{#- the facts that the reports' lines go to, and which of these name a part, a dealer -#}
{%- set facts = {
    'pos': 'fct_pos', 'stock': 'fct_inventory_daily', 'sell_in': 'fct_sell_in', 'orders': 'fct_order',
    'return': 'fct_return', 'quality_feedback': 'fct_quality_feedback', 'complaint': 'fct_complaint',
    'enablement_event': 'fct_enablement_event', 'dealer_forecast': 'fct_dealer_forecast',
    'certification': 'fct_certification', 'logistics_event': 'fct_logistics_event',
} %}
{%- set of_no_part = ['certification', 'logistics_event'] %}
{%- set of_a_dealer = ['orders', 'return', 'quality_feedback', 'enablement_event', 'complaint', 'certification'] %}
{#- months of each report that are looked at again -#}
{%- set again = {} %}
{%- for report, fact in facts.items() %}
    {%- do again.update({report: affected_months(fact) | select('in', months) | list}) %}
{%- endfor %}
with held as (
    {%- for report in facts %}
    select
        slice,
        reported_by as dealer_id,
        '{{ report }}' as report,
        submission_id,
        row_no,
        held_code as code,
        case held_code
            {%- if report == 'logistics_event' %}
            when 'E_EVENT_ORDER' then cast(event_ts as {{ dbt.type_string() }})
            when 'E_SHIPMENT_UNKNOWN' then shipment_no
            when 'E_SIGNED_TWICE' then shipment_no
            {%- endif %}
            {%- if report in of_a_dealer %}
            when 'E_DEALER_UNKNOWN' then dealer_id
            {%- endif %}
            {%- if report not in of_no_part %}
            when 'E_UOM_SPQ' then uom
            when 'E_TAX_BASIS' then tax_basis
            when 'E_CCY' then reported_currency
            else maker || ' ' || mpn
            {%- endif %}
        end as value
    from {{ ref('int_' ~ report ~ '__normalised') }}
    where
        held_code is not null
        and {{ in_slices('slice', again[report]) }}
    union all
    {%- endfor %}
    -- of reports that the batch brings nothing of, what was held stays so
    select
        slice,
        dealer_id,
        report,
        submission_id,
        row_no,
        code,
        value
    from {{ published_before('mart_held_line') }} as before
    where
        {%- for report in facts %}
        (report = '{{ report }}' and {{ in_slices('slice', months | reject('in', again[report]) | list) }})
        {{ 'or' if not loop.last }}
        {%- endfor %}
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    dealer_id,
    report,
    submission_id,
    row_no,
    code,
    case code
        when 'E_UOM_SPQ' then 'uom'
        when 'E_TAX_BASIS' then 'tax_rate'
        when 'E_CCY' then 'currency'
        when 'E_DEALER_UNKNOWN' then 'dealer_code'
        when 'E_EVENT_ORDER' then 'event_ts'
        when 'E_SHIPMENT_UNKNOWN' then 'shipment_no'
        when 'E_SIGNED_TWICE' then 'shipment_no'
        else 'mpn'
    end as field,
    value
from held
