{{ config(slice_of='order') }}
select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    dealer_id,
    leg,
    cast(sum(lines) as integer) as lines,
    cast(sum(left_amount_vendor) as numeric(24, 6)) as left_amount_vendor,
    cast(sum(right_amount_vendor) as numeric(24, 6)) as right_amount_vendor,
    cast(sum(gap_amount_vendor) as numeric(24, 6)) as gap_amount_vendor,
    cast(sum(case when is_unmatched then 0 else gap_amount_vendor end) as numeric(24, 6)) as explained_amount_vendor,
    cast(sum(case when is_unmatched then gap_amount_vendor else 0 end) as numeric(24, 6)) as unmatched_amount_vendor,
    cast(sum(case when is_unmatched then lines else 0 end) as integer) as unmatched_lines,
    cast(
        sum(case when is_unmatched then abs(gap_amount_vendor) else 0 end) / nullif(sum(abs(left_amount_vendor)), 0)
        as numeric(12, 6)
    ) as unmatched_share
from {{ candidate('fct_reconciliation', order_months('mart_reconciliation')) }} as f
group by
    slice,
    dealer_id,
    leg
