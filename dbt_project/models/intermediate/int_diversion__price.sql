-- Special prices used for others, and resale under the corridor or under cost.
select
    case when f.spa_finding is not null then 'spa_customer' else 'below_corridor' end as signal,
    'pos' as report,
    f.slice,
    f.submission_id,
    f.row_no,
    f.dealer_id,
    f.product_id,
    f.ship_to_region as region,
    f.end_customer as customer,
    cast(null as {{ dbt.type_string() }}) as other_dealer_id,
    f.qty,
    f.amount_vendor,
    coalesce(f.spa_finding || ' ' || f.spa_no, f.corridor_side, 'below_cost') as detail
from {{ candidate('mart_price_corridor', affected_months('fct_diversion_evidence')) }} as f
where
    f.spa_finding in ('spa_other_customer', 'spa_other_dealer', 'spa_other_region')
    or (f.spa_finding is null and (f.corridor_side = 'below' or f.is_below_cost))
