{%- set months = affected_months('mart_price_protection') %}
with price as (
    select
        p.*,
        product.product_id,
        case when p.reported_currency = '{{ var("vendor_currency") }}' then 1 else fx.rate end as fx_rate
    from {{ ref('int_price__current') }} as p
    inner join (
        select * from {{ candidate('dim_product') }} as d
        where is_current
    ) as product on p.maker = product.maker and p.mpn = product.mpn
    left join {{ ref('int_fx__monthly') }} as fx
        on
            p.reported_currency = fx.currency
            and {{ month_of('p.valid_from') }} = fx.month
    where p.price_kind in ('list', 'protection')
),

-- the price that held on the day before
fall as (
    select
        new.doc_no,
        new.line_no,
        new.dealer_id as for_dealer,
        new.product_id,
        new.valid_from,
        new.price * new.fx_rate as new_price,
        old.price * old.fx_rate as old_price,
        row_number() over (
            partition by new.doc_no, new.line_no
            order by old.valid_from desc, old.doc_no desc, old.line_no desc
        ) as place
    from price as new
    left join price as old
        on
            new.product_id = old.product_id
            and old.price_kind = 'list'
            and new.valid_from > old.valid_from
            and {{ dbt.dateadd('day', -1, 'new.valid_from') }} <= old.valid_to
    where new.price_kind = 'protection' and {{ in_months('new.valid_from', months) }}
),

-- the last count before, of each store, in the month before
counted as (
    select
        fall.doc_no,
        fall.line_no,
        stock.dealer_id,
        stock.as_of,
        stock.on_hand_qty + stock.in_transit_qty as qty,
        row_number() over (
            partition by fall.doc_no, fall.line_no, stock.dealer_id, stock.location_id
            order by stock.as_of desc
        ) as place
    from fall
    inner join {{ candidate('fct_inventory_daily', months_with(months, back=1)) }} as stock
        on
            fall.product_id = stock.product_id
            and stock.slice >= {{ dbt.dateadd('month', -1, 'fall.valid_from') }}
            and fall.valid_from > stock.as_of
            and (fall.for_dealer is null or fall.for_dealer = stock.dealer_id)
    where fall.place = 1
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    {{ month_of('fall.valid_from') }} as slice,
    fall.doc_no,
    fall.line_no,
    counted.dealer_id,
    fall.product_id,
    fall.valid_from,
    max(counted.as_of) as counted_on,
    cast(sum(counted.qty) as numeric(18, 3)) as qty,
    cast(fall.old_price as numeric(18, 6)) as old_price,
    cast(fall.new_price as numeric(18, 6)) as new_price,
    cast(round(sum(counted.qty) * greatest(coalesce(fall.old_price - fall.new_price, 0), 0), 2) as numeric(18, 2)) as amount,
    case
        when fall.old_price is null then 'no_list_price'
        when fall.old_price <= fall.new_price then 'no_drop'
    end as reason
from fall
inner join counted
    on
        fall.doc_no = counted.doc_no
        and fall.line_no = counted.line_no
        and counted.place = 1
where fall.place = 1
group by
    fall.doc_no,
    fall.line_no,
    counted.dealer_id,
    fall.product_id,
    fall.valid_from,
    fall.old_price,
    fall.new_price
