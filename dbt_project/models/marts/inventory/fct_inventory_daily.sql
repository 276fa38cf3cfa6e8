{%- set months = affected_months('fct_inventory_daily') %}
{%- set pos_months = months_with(months, back=3) %}
with stock as (
    select
        slice,
        reported_by as dealer_id,
        location_id,
        product_id,
        as_of,
        case
            when ownership = 'customer' then 'customer'
            when stock_status = 'in_transit' then 'in_transit'
            else ownership
        end as holding,
        qty * pieces_per_unit as pieces,
        {{ amount('qty', 'book_cost', 'tax_divisor', 'fx_rate') }} as value_vendor,
        case when book_cost is null then 0 else 1 end
        + case when lot is null then 0 else 1 end
        + case when date_code is null then 0 else 1 end
        + case when oldest_receipt_date is null then 0 else 1 end as filled_fields
    from {{ ref('int_stock__normalised') }}
    where held_code is null
),

counted as (
    select
        slice,
        dealer_id,
        location_id,
        product_id,
        as_of,
        sum(case when holding = 'owned' then pieces else 0 end) as on_hand_qty,
        sum(case when holding = 'in_transit' then pieces else 0 end) as in_transit_qty,
        sum(case when holding = 'consigned' then pieces else 0 end) as consigned_qty,
        sum(case when holding = 'customer' then pieces else 0 end) as customer_qty,
        sum(case when holding = 'owned' then coalesce(value_vendor, 0) else 0 end) as value_vendor,
        sum(case when holding = 'owned' and value_vendor is null then pieces else 0 end) as uncosted_qty,
        count(*) as line_count,
        sum(filled_fields) as filled_fields
    from stock
    group by
        slice,
        dealer_id,
        location_id,
        product_id,
        as_of
),

dealer_count as (
    select
        dealer_id,
        product_id,
        as_of,
        sum(on_hand_qty) as on_hand_qty
    from counted
    group by
        dealer_id,
        product_id,
        as_of
),

-- The days that each dealer counted on, few beside its parts, and how far each looks back. POS knows
-- no location, and the vendor sees no moves between a dealer's stores: both hold for the dealer.
count_day as (
    select distinct
        dealer_id,
        as_of,
        {%- for days in (30, 90, 180, 365) %}
        cast({{ dbt.dateadd('day', -days, 'as_of') }} as date) as day_{{ days }}{{ ',' if not loop.last }}
        {%- endfor %}
    from dealer_count
),

received as (
    select
        receipt.dealer_id,
        receipt.product_id,
        count_day.as_of,
        {%- for days in (30, 90, 180) %}
        sum(case when receipt.received_date >= count_day.day_{{ days }} then receipt.qty else 0 end) as received_{{ days }},
        {%- endfor %}
        sum(receipt.qty) as received_365
    from {{ ref('int_receipt__unioned') }} as receipt
    inner join count_day
        on
            receipt.dealer_id = count_day.dealer_id
            and receipt.received_date <= count_day.as_of
            and receipt.received_date >= count_day.day_365
    group by
        receipt.dealer_id,
        receipt.product_id,
        count_day.as_of
),

sold as (
    select
        pos.dealer_id,
        pos.product_id,
        count_day.as_of,
        sum(pos.qty) as sold_13_weeks
    from {{ candidate('fct_pos', pos_months) }} as pos
    inner join count_day
        on
            pos.dealer_id = count_day.dealer_id
            and pos.invoice_date <= count_day.as_of
            and pos.invoice_date >= count_day.day_90
    group by
        pos.dealer_id,
        pos.product_id,
        count_day.as_of
),

-- What is on hand is the newest receipts: so much of it is at most so many days old.
aged as (
    select
        dealer_count.dealer_id,
        dealer_count.product_id,
        dealer_count.as_of,
        dealer_count.on_hand_qty as counted_qty,
        {%- for days in (30, 90, 180, 365) %}
        least(dealer_count.on_hand_qty, greatest(coalesce(received.received_{{ days }}, 0), 0)) as received_{{ days }},
        {%- endfor %}
        sold.sold_13_weeks
    from dealer_count
    left join received
        on
            dealer_count.dealer_id = received.dealer_id
            and dealer_count.product_id = received.product_id
            and dealer_count.as_of = received.as_of
    left join sold
        on
            dealer_count.dealer_id = sold.dealer_id
            and dealer_count.product_id = sold.product_id
            and dealer_count.as_of = sold.as_of
),

-- Customers' returns to a core dealer can lower an older bound: no bound is under a younger one.
bounded as (
    select
        dealer_id,
        product_id,
        as_of,
        counted_qty,
        received_30 as within_30,
        greatest(received_30, received_90) as within_90,
        greatest(received_30, received_90, received_180) as within_180,
        greatest(received_30, received_90, received_180, received_365) as within_365,
        sold_13_weeks
    from aged
),

pos_history as (
    select
        dealer_id,
        first_day
    from {{ ref('int_dealer__history') }}
    where report = 'pos'
),

-- Each store takes its share of the dealer's ages; the rounding of one bound carries into the next.
shared as (
    select
        counted.*,
        {%- for days in (30, 90, 180, 365) %}
        case
            when bounded.counted_qty > 0
                then cast(round(bounded.within_{{ days }} * counted.on_hand_qty / bounded.counted_qty, 3) as numeric(18, 3))
            else 0
        end as within_{{ days }},
        {%- endfor %}
        case
            when pos_history.first_day <= {{ dbt.dateadd('day', -90, 'counted.as_of') }} and bounded.sold_13_weeks > 0
                then bounded.counted_qty / (bounded.sold_13_weeks / 13.0)
        end as weeks_of_supply,
        coalesce(
            {{ dbt.dateadd('day', -365, 'counted.as_of') }} >= (
                select min(history.first_day) from {{ ref('int_dealer__history') }} as history
                where history.report = 'sell_in'
            ),
            false
        ) as is_age_known
    from counted
    inner join bounded
        on
            counted.dealer_id = bounded.dealer_id
            and counted.product_id = bounded.product_id
            and counted.as_of = bounded.as_of
    left join pos_history on counted.dealer_id = pos_history.dealer_id
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    dealer_id,
    location_id,
    product_id,
    as_of,
    cast(on_hand_qty as numeric(18, 3)) as on_hand_qty,
    cast(in_transit_qty as numeric(18, 3)) as in_transit_qty,
    cast(consigned_qty as numeric(18, 3)) as consigned_qty,
    cast(customer_qty as numeric(18, 3)) as customer_qty,
    cast(round(weeks_of_supply, 3) as numeric(18, 3)) as weeks_of_supply,
    cast(within_30 as numeric(18, 3)) as age_0_30_qty,
    cast(within_90 - within_30 as numeric(18, 3)) as age_31_90_qty,
    cast(within_180 - within_90 as numeric(18, 3)) as age_91_180_qty,
    cast(within_365 - within_180 as numeric(18, 3)) as age_181_365_qty,
    cast(case when is_age_known then on_hand_qty - within_365 else 0 end as numeric(18, 3)) as age_over_365_qty,
    cast(case when is_age_known then 0 else on_hand_qty - within_365 end as numeric(18, 3)) as age_unknown_qty,
    cast(value_vendor as numeric(24, 6)) as value_vendor,
    cast(uncosted_qty as numeric(18, 3)) as uncosted_qty,
    line_count,
    cast(filled_fields as bigint) as filled_fields
from shared
