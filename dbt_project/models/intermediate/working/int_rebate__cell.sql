{{ config(slice_of='period', few_groups=true) }}
-- depends_on: {{ ref('int_rebate__period') }}

-- Lines, summed before any programme looks at them: a few thousand rows instead of millions.
select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    line.source,
    line.month,
    line.counted_month,
    line.dealer_id,
    part.part_set,
    line.currency,
    line.is_return,
    line.is_dealer_sale,
    line.is_design_registered,
    cast(count(*) as bigint) as line_count,
    cast(sum(line.qty) as numeric(24, 3)) as qty,
    cast(sum(line.amount) as numeric(30, 6)) as amount,
    cast(sum(line.amount_vendor) as numeric(30, 6)) as amount_vendor,
    cast(sum(line.debit_vendor) as numeric(30, 6)) as debit_vendor,
    cast(sum(line.new_customers) as bigint) as new_customers
from {{ ref('int_rebate__line') }} as line
inner join (
    select distinct
        product_id,
        part_set
    from {{ ref('int_rebate__part') }}
) as part on line.product_id = part.product_id
group by
    line.source,
    line.month,
    line.counted_month,
    line.dealer_id,
    part.part_set,
    line.currency,
    line.is_return,
    line.is_dealer_sale,
    line.is_design_registered
