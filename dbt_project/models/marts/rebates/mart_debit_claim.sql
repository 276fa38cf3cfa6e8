{%- set months = affected_months('mart_debit_claim') %}
with claim as (
    select
        c.*,
        {{ month_of('c.claim_date') }} as slice,
        coalesce(exact.product_id, case when spelling.part_count = 1 then spelling.product_id end) as product_id,
        case when c.reported_currency = '{{ var("vendor_currency") }}' then 1 else fx.rate end as fx_rate
    from {{ ref('int_claim__current') }} as c
    left join (
        select * from {{ candidate('dim_product') }} as p
        where is_current
    ) as exact on c.maker = exact.maker and c.mpn = exact.mpn
    left join {{ ref('int_part__spelling') }} as spelling
        on
            {{ part_spelling('c.maker') }} = spelling.maker_spelling
            and {{ part_spelling('c.mpn') }} = spelling.mpn_spelling
    left join {{ ref('int_fx__monthly') }} as fx
        on
            c.reported_currency = fx.currency
            and {{ month_of('c.claim_date') }} = fx.month
),

spa as (
    select
        price.*,
        product.product_id,
        case when price.reported_currency = '{{ var("vendor_currency") }}' then 1 else fx.rate end as fx_rate
    from {{ ref('int_price__current') }} as price
    inner join (
        select * from {{ candidate('dim_product') }} as p
        where is_current
    ) as product on price.maker = product.maker and price.mpn = product.mpn
    left join {{ ref('int_fx__monthly') }} as fx
        on
            price.reported_currency = fx.currency
            and {{ month_of('price.valid_from') }} = fx.month
    where price.price_kind = 'spa'
),

spa_no as (
    select distinct doc_no from spa
),

sale as (
    select * from {{ candidate('fct_pos', all_months_to(months)) }} as p
    where line_type = 'sale'
),

matched as (
    select
        claim.*,
        sale.submission_id as pos_submission_id,
        sale.row_no as pos_row_no,
        sale.slice as pos_month,
        sale.qty as pos_qty,
        spa.line_no as spa_line_no,
        spa.qty_cap as spa_qty_cap,
        spa.price * spa.fx_rate as spa_price,
        sale.book_cost_vendor,
        case
            when claim.product_id is null then 'part_unknown'
            when spa_no.doc_no is null then 'spa_unknown'
            when spa.doc_no is null then 'spa_other_part'
            when spa.dealer_id <> claim.reported_by then 'spa_other_dealer'
            when sale.row_no is null then 'sale_unknown'
            when sale.product_id <> claim.product_id then 'sale_other_part'
            when sale.spa_no is null or sale.spa_no <> claim.spa_no then 'sale_without_spa'
            when spa.end_customer is not null and coalesce(sale.end_customer, '') <> spa.end_customer then 'spa_other_customer'
            when sale.invoice_date not between spa.valid_from and spa.valid_to then 'spa_not_valid'
            when claim.fx_rate is null or spa.fx_rate is null then 'rate_unknown'
        end as rejected_reason
    from claim
    left join spa_no on claim.spa_no = spa_no.doc_no
    left join spa on claim.spa_no = spa.doc_no and claim.product_id = spa.product_id
    left join sale
        on
            claim.reported_by = sale.dealer_id
            and claim.invoice_no = sale.invoice_no
            and claim.invoice_line = sale.line_no
),

-- first come, first served: what earlier claims asked for is gone from the sale, then from the authorisation
of_sale as (
    select
        matched.*,
        case when rejected_reason is null then claim_qty else 0 end as valid_qty,
        greatest(
            least(
                case when rejected_reason is null then claim_qty else 0 end,
                pos_qty - coalesce(sum(case when rejected_reason is null then claim_qty else 0 end) over (
                    partition by pos_submission_id, pos_row_no
                    order by claim_date, claim_no, line_no, submission_id, row_no
                    rows between unbounded preceding and 1 preceding
                ), 0)
            ), 0
        ) as qty_of_sale
    from matched
),

of_spa as (
    select
        of_sale.*,
        coalesce(sum(qty_of_sale) over (
            partition by spa_no, spa_line_no
            order by claim_date, claim_no, line_no, submission_id, row_no
            rows between unbounded preceding and 1 preceding
        ), 0) as used_before
    from of_sale
),

approved as (
    select
        of_spa.*,
        case
            when spa_qty_cap is null then coalesce(qty_of_sale, 0)
            else greatest(least(coalesce(qty_of_sale, 0), spa_qty_cap - used_before), 0)
        end as approved_qty,
        least(basis_price * fx_rate, coalesce(book_cost_vendor, basis_price * fx_rate))
        - greatest(contract_price * fx_rate, spa_price) as approved_price
    from of_spa
),

judged as (
    select
        approved.*,
        claim_amount * fx_rate as claimed_vendor,
        case
            when rejected_reason is null then cast(round(approved_qty * greatest(approved_price, 0), 2) as numeric(18, 2))
            else 0
        end as approved_amount
    from approved
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    slice,
    submission_id,
    row_no,
    reported_by as dealer_id,
    claim_no,
    line_no,
    claim_date,
    spa_no,
    invoice_no,
    invoice_line,
    product_id,
    pos_submission_id,
    pos_row_no,
    pos_month,
    cast(claim_qty as numeric(18, 3)) as claim_qty,
    cast(approved_qty as numeric(18, 3)) as approved_qty,
    cast(claimed_vendor as numeric(18, 2)) as claim_amount,
    cast(approved_amount as numeric(18, 2)) as approved_amount,
    cast(greatest(coalesce(claimed_vendor, 0) - approved_amount, 0) as numeric(18, 2)) as over_claim,
    case
        when approved_amount = 0 then 'rejected'
        when approved_amount >= claimed_vendor - 0.01 then 'approved'
        else 'partial'
    end as status,
    case
        when rejected_reason is not null then rejected_reason
        when approved_amount >= claimed_vendor - 0.01 then null
        when qty_of_sale < claim_qty then 'over_sale'
        when approved_qty < qty_of_sale then 'over_spa_balance'
        when contract_price * fx_rate < spa_price then 'below_spa_price'
        else 'above_book_cost'
    end as reason,
    cast(spa_qty_cap - used_before - approved_qty as numeric(18, 3)) as spa_balance
from judged
where {{ in_slices('slice', months) }}
