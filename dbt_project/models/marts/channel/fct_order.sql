with normalised as (
    select * from {{ ref('int_orders__normalised') }}
    where held_code is null
),

ranked as (
    select
        n.*,
        row_number() over (
            partition by dealer_id, order_no, line_no
            order by version desc, submission_id desc, row_no desc
        ) as place
    from normalised as n
),

promised as (
    select
        dealer_id,
        order_no,
        line_no,
        promised_date,
        row_number() over (
            partition by dealer_id, order_no, line_no
            order by version, submission_id, row_no
        ) as place
    from normalised
    where promised_date is not null
),

line as (
    select * from ranked
    where place = 1
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    line.slice,
    line.submission_id,
    line.row_no,
    line.dealer_id,
    line.order_no,
    line.line_no,
    line.version,
    line.product_id,
    cast(line.qty * line.pieces_per_unit as numeric(18, 3)) as qty,
    {{ unit_price('line.unit_price', 'line.pieces_per_unit', 'line.tax_divisor', 'line.fx_rate') }} as unit_price_vendor,
    {{ amount('line.qty', 'line.unit_price', 'line.tax_divisor', 'line.fx_rate') }} as amount_vendor,
    line.order_date,
    line.entered_at,
    line.accepted_at,
    line.requested_date,
    promise.promised_date as first_promised_date,
    line.promised_date,
    line.order_status
from line
left join promised as promise
    on
        line.dealer_id = promise.dealer_id
        and line.order_no = promise.order_no
        and line.line_no = promise.line_no
        and promise.place = 1
