-- The age buckets of a count are its pieces on hand, none of them negative.
select
    dealer_id,
    location_id,
    product_id,
    as_of
from {{ ref('fct_inventory_daily') }}
where
    batch_id = {{ var('batch_id') | int }}
    and (
        age_0_30_qty + age_31_90_qty + age_91_180_qty + age_181_365_qty + age_over_365_qty + age_unknown_qty <> on_hand_qty
        or least(age_0_30_qty, age_31_90_qty, age_91_180_qty, age_181_365_qty, age_over_365_qty, age_unknown_qty) < 0
    )
