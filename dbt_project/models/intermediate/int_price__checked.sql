{%- set months = affected_months('mart_price_corridor') %}
with product as (
    select * from {{ candidate('dim_product') }} as p
    where is_current
),

price as (
    select
        price.*,
        product.product_id
    from {{ ref('int_price__current') }} as price
    inner join product on price.maker = product.maker and price.mpn = product.mpn
),

rate as (
    select
        currency,
        month,
        rate
    from {{ ref('int_fx__monthly') }}
),

sale as (
    select * from {{ candidate('fct_pos', months) }} as p
    where
        line_type = 'sale'
        and sold_to_dealer_id is null
),

-- Of the list prices in force the one for this dealer goes before one for its customer, its region, all.
corridor as (
    select
        sale.submission_id,
        sale.row_no,
        price.doc_no,
        price.min_resale,
        price.max_resale,
        price.reported_currency,
        row_number() over (
            partition by sale.submission_id, sale.row_no
            order by
                case when price.dealer_id is null then 1 else 0 end,
                case when price.end_customer is null then 1 else 0 end,
                case when price.region is null then 1 else 0 end,
                price.valid_from desc,
                price.doc_no desc,
                price.line_no desc
        ) as place
    from sale
    inner join price
        on
            sale.product_id = price.product_id
            and price.price_kind = 'list'
            and sale.invoice_date between price.valid_from and price.valid_to
            and coalesce(price.dealer_id, sale.dealer_id) = sale.dealer_id
            and coalesce(price.region, sale.ship_to_region) = sale.ship_to_region
            and (price.end_customer is null or sale.end_customer = price.end_customer)
    where price.min_resale is not null or price.max_resale is not null
),

-- every line that ever named an authorisation: what was sold under it uses it up
named as (
    select * from {{ candidate('fct_pos', all_months_to(months)) }} as p
    where
        spa_no is not null
        and line_type in ('sale', 'return', 'cancel')
),

authorised as (
    select
        named.*,
        spa.line_no as spa_line_no,
        spa.qty_cap,
        spa.min_resale,
        spa.max_resale,
        spa.reported_currency,
        spa.valid_from,
        case
            when spa_no.doc_no is null then 'spa_unknown'
            when spa.doc_no is null then 'spa_other_part'
            when spa.dealer_id <> named.dealer_id then 'spa_other_dealer'
            when spa.end_customer <> coalesce(named.end_customer, '') then 'spa_other_customer'
            when spa.region <> named.ship_to_region then 'spa_other_region'
            when named.invoice_date not between spa.valid_from and spa.valid_to then 'spa_not_valid'
        end as misuse
    from named
    left join (
        select distinct doc_no from price
        where price_kind = 'spa'
    ) as spa_no on named.spa_no = spa_no.doc_no
    left join price as spa
        on
            named.spa_no = spa.doc_no
            and named.product_id = spa.product_id
            and spa.price_kind = 'spa'
),

-- where an authorisation has several lines of the part, the one that fits
fitting as (
    select
        authorised.*,
        row_number() over (
            partition by submission_id, row_no
            order by
                case
                    when misuse is null then 0
                    when misuse = 'spa_not_valid' then 1
                    when misuse = 'spa_other_region' then 2
                    when misuse = 'spa_other_customer' then 3
                    else 4
                end,
                valid_from desc,
                spa_line_no desc
        ) as place
    from authorised
),

used as (
    select
        fitting.*,
        sum(case when misuse is null then qty else 0 end) over (
            partition by spa_no, spa_line_no
            order by invoice_date, submission_id, row_no
            rows between unbounded preceding and current row
        ) as used_qty
    from fitting
    where place = 1
),

spa as (
    select
        used.*,
        coalesce(misuse, case when used_qty > qty_cap then 'over_spa_balance' end) as finding
    from used
),

bounded as (
    select
        sale.*,
        spa.finding as spa_finding,
        sale.spa_no is not null and spa.finding is null as is_authorised,
        case when spa.misuse is null then spa.min_resale end as spa_min,
        case when spa.misuse is null then spa.max_resale end as spa_max,
        case when spa.reported_currency = '{{ var("vendor_currency") }}' then 1 else spa_rate.rate end as spa_rate,
        corridor.doc_no,
        corridor.min_resale,
        corridor.max_resale,
        case when corridor.reported_currency = '{{ var("vendor_currency") }}' then 1 else list_rate.rate end as list_rate
    from sale
    left join corridor
        on
            sale.submission_id = corridor.submission_id
            and sale.row_no = corridor.row_no
            and corridor.place = 1
    left join rate as list_rate
        on corridor.reported_currency = list_rate.currency and sale.slice = list_rate.month
    left join spa
        on sale.submission_id = spa.submission_id and sale.row_no = spa.row_no
    left join rate as spa_rate
        on spa.reported_currency = spa_rate.currency and sale.slice = spa_rate.month
),

-- under a special price that holds, its own ends count; without one it has no lower end
compared as (
    select
        bounded.*,
        cast(
            round(case when is_authorised then spa_min * spa_rate else min_resale * list_rate end, 6)
            as numeric(18, 6)
        ) as min_resale_vendor,
        cast(
            round(
                case
                    when is_authorised then coalesce(spa_max * spa_rate, max_resale * list_rate)
                    else max_resale * list_rate
                end,
                6
            ) as numeric(18, 6)
        ) as max_resale_vendor
    from bounded
)

select
    compared.*,
    min_resale_vendor is not null or max_resale_vendor is not null as has_corridor,
    case
        when resale_price_vendor < min_resale_vendor then 'below'
        when resale_price_vendor > max_resale_vendor then 'above'
    end as corridor_side,
    cast(
        case
            when resale_price_vendor < min_resale_vendor then min_resale_vendor
            when resale_price_vendor > max_resale_vendor then max_resale_vendor
        end as numeric(18, 6)
    ) as broken_end_vendor,
    coalesce(resale_price_vendor < book_cost_vendor and not is_authorised, false) as is_below_cost
from compared
