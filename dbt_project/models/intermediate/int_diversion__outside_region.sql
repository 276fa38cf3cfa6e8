-- Sales to regions that neither the dealer nor a dealer that buys from it is authorised for. Where
-- nobody is, nobody is harmed: that is region_unassigned, which no policy weighs.
with territory as (
    select distinct
        chain.ancestor_id as dealer_id,
        trim(r) as region,
        d.valid_from,
        d.valid_to
    from {{ candidate('dim_dealer') }} as d
    inner join {{ ref('int_dealer__chain') }} as chain on d.dealer_id = chain.dealer_id
    {{ split_list('d.regions', 'r') }}
),

owner as (
    select
        region,
        min(dealer_id) as dealer_id
    from territory
    group by region
),

sold as (
    select distinct
        dealer_id,
        region,
        invoice_date
    from {{ ref('int_diversion__sale') }}
),

foreign_sale as (
    select sold.*
    from sold
    where not exists (
        select 1 from territory
        where territory.dealer_id = sold.dealer_id
            and territory.region = sold.region
            and sold.invoice_date >= territory.valid_from
            and sold.invoice_date <= coalesce(territory.valid_to, sold.invoice_date)
    )
)

select
    case when owner.dealer_id is null then 'region_unassigned' else 'outside_region' end as signal,
    'pos' as report,
    sale.slice,
    sale.submission_id,
    sale.row_no,
    sale.dealer_id,
    sale.product_id,
    sale.region,
    sale.customer,
    owner.dealer_id as other_dealer_id,
    sale.qty,
    sale.amount_vendor,
    case when owner.dealer_id is null then 'W_REGION' else 'not authorised for ' || sale.region end as detail
from {{ ref('int_diversion__sale') }} as sale
inner join foreign_sale
    on
        sale.dealer_id = foreign_sale.dealer_id
        and sale.region = foreign_sale.region
        and sale.invoice_date = foreign_sale.invoice_date
left join owner on sale.region = owner.region
