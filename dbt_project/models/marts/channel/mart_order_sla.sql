{{ config(slice_of='order') }}
{%- set months = order_months('mart_order_sla') %}
{%- set later = months_with(months, ahead=var('order_months'), until=last_month()) %}
with ordered as (
    select
        o.*,
        coalesce(o.first_promised_date, o.requested_date) as due_date,
        coalesce(sum(o.qty) over (
            partition by o.dealer_id, o.order_no, o.product_id
            order by o.line_no
            rows between unbounded preceding and 1 preceding
        ), 0) as qty_before
    from {{ candidate('fct_order', months) }} as o
    where o.order_status <> 'cancelled'
),

shipment as (
    select
        dealer_id,
        order_no,
        product_id,
        shipment_no,
        qty,
        amount_vendor,
        ship_date,
        received_date
    from {{ candidate('fct_sell_in', later) }} as s
),

event as (
    select
        shipment_no,
        min(case when event_code = 'picked' then event_ts end) as picked_at,
        max(case when event_code = 'signed' then event_ts end) as signed_at,
        max(case when event_code = 'exception' then event_ts end) as exception_at,
        max(case when event_code <> 'exception' then event_ts end) as moved_at
    from {{ candidate('fct_logistics_event', months_with(later, ahead=var('transit_months'), until=last_month())) }} as e
    group by shipment_no
),

-- shipments name the order and the part, not the line: lines of one part are served in their order
served as (
    select
        ordered.dealer_id,
        ordered.order_no,
        ordered.line_no,
        sum(shipment.qty) as shipped,
        sum(case when shipment.received_date is not null then shipment.qty else 0 end) as received,
        sum(case when ordered.due_date >= shipment.received_date then shipment.qty else 0 end) as received_in_time,
        sum(shipment.amount_vendor) / nullif(sum(shipment.qty), 0) as shipped_price,
        min(shipment.ship_date) as first_ship_date,
        max(shipment.received_date) as last_received_date,
        max(
            case when event.signed_at >= event.picked_at
                then {{ dbt.datediff('event.picked_at', 'event.signed_at', 'minute') }} end
        ) as door_to_door_minutes,
        sum(case when event.exception_at > coalesce(event.moved_at, ordered.entered_at) then 1 else 0 end) as open_exceptions
    from ordered
    inner join shipment
        on
            ordered.dealer_id = shipment.dealer_id
            and ordered.order_no = shipment.order_no
            and ordered.product_id = shipment.product_id
    left join event on shipment.shipment_no = event.shipment_no
    group by
        ordered.dealer_id,
        ordered.order_no,
        ordered.line_no
),

line as (
    select
        ordered.*,
        served.first_ship_date,
        served.last_received_date,
        served.door_to_door_minutes,
        served.shipped_price,
        coalesce(served.open_exceptions, 0) as open_exceptions,
        {%- for what in ['shipped', 'received', 'received_in_time'] %}
        greatest(least(coalesce(served.{{ what }}, 0) - ordered.qty_before, ordered.qty), 0) as {{ what }}_qty,
        {%- endfor %}
        {{ dbt.datediff('ordered.entered_at', 'ordered.accepted_at', 'minute') }} as accepted_minutes
    from ordered
    left join served
        on
            ordered.dealer_id = served.dealer_id
            and ordered.order_no = served.order_no
            and ordered.line_no = served.line_no
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    dealer_id,
    order_no,
    line_no,
    product_id,
    order_date,
    order_status,
    qty,
    amount_vendor,
    entered_at,
    accepted_at,
    cast(accepted_minutes / 60.0 as numeric(12, 2)) as accepted_hours,
    requested_date,
    first_promised_date,
    promised_date,
    cast({{ dbt.datediff('first_promised_date', 'promised_date', 'day') }} as integer) as promise_slip_days,
    due_date,
    first_ship_date,
    last_received_date,
    cast(shipped_qty as numeric(18, 3)) as shipped_qty,
    cast(received_qty as numeric(18, 3)) as received_qty,
    -- judged once it is due in a month that is known as a whole
    case
        when received_in_time_qty >= qty then true
        when due_date <= {{ dbt.last_day(date_literal(last_month() or var('whole')), 'month') }} then false
    end as on_time_in_full,
    cast(door_to_door_minutes / 60.0 as numeric(12, 2)) as door_to_door_hours,
    cast(qty - shipped_qty as numeric(18, 3)) as backlog_qty,
    cast(round((qty - shipped_qty) * unit_price_vendor, 6) as numeric(24, 6)) as backlog_amount_vendor,
    cast(open_exceptions as integer) as open_exceptions,
    case
        when shipped_qty < qty and due_date <= {{ dbt.last_day(date_literal(last_month() or var('whole')), 'month') }} then 'overdue'
        when open_exceptions > 0 then 'exception'
        when shipped_qty < qty then 'open'
        when received_qty < shipped_qty then 'in_transit'
        else 'done'
    end as state
from line
