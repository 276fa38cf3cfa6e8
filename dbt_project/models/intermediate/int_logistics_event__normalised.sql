{#- the order of what happens to a shipment; an exception may come at any time -#}
{%- set steps = {'picked': 1, 'departed': 2, 'customs': 3, 'arrived': 4, 'signed': 5} %}
{%- set months = affected_months('fct_logistics_event') %}
{%- set before = months_with(months, back=var('transit_months')) %}
with shipment as (
    select
        s.shipment_no,
        min(s.dealer_id) as dealer_id,
        min(o.entered_at) as entered_at
    from {{ candidate('fct_sell_in', months_with(before, back=var('transit_months'))) }} as s
    left join {{ candidate('fct_order', months_with(before, back=var('order_months'))) }} as o
        on s.dealer_id = o.dealer_id and s.order_no = o.order_no and s.product_id = o.product_id
    group by s.shipment_no
),

event as (
    select
        e.*,
        {{ month_of('e.event_ts') }} as slice,
        shipment.dealer_id,
        shipment.entered_at,
        case e.event_code
            {%- for code, step in steps.items() %}
            when '{{ code }}' then {{ step }}
            {%- endfor %}
        end as step
    from {{ ref('int_logistics_event__current') }} as e
    left join shipment on e.shipment_no = shipment.shipment_no
),

followed as (
    select
        event.*,
        max(event_ts) over (
            partition by shipment_no order by step
            range between unbounded preceding and 1 preceding
        ) as step_before_ts,
        row_number() over (partition by shipment_no, event_code order by event_ts, event_id) as signature
    from event
)

select
    followed.*,
    case
        when dealer_id is null then 'E_SHIPMENT_UNKNOWN'
        when event_ts < entered_at or (step is not null and event_ts < step_before_ts) then 'E_EVENT_ORDER'
        when event_code = 'signed' and signature > 1 then 'E_SIGNED_TWICE'
    end as held_code
from followed
