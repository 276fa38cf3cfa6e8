with source as (
    select * from {{ source('raw', 'return') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        rma_no,
        line_no,
        return_date,
        dealer_code as dealer_id,
        kind as return_kind,
        maker,
        mpn,
        qty,
        original_shipment,
        lot,
        reason,
        condition,
        credit_price,
        status as return_status
    from source
)

select * from renamed
