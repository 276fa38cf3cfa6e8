with source as (
    select * from {{ source('raw', 'orders') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        dealer_code as dealer_id,
        order_no,
        line_no,
        version,
        order_date,
        maker,
        mpn,
        qty,
        unit_price,
        entered_at,
        accepted_at,
        requested_date,
        promised_date,
        status as order_status
    from source
)

select * from renamed
