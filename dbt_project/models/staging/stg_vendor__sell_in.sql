with source as (
    select * from {{ source('raw', 'sell_in') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        shipment_no,
        line_no,
        order_no,
        ship_to_dealer as dealer_id,
        maker,
        mpn,
        qty,
        unit_price,
        ship_date,
        received_date,
        lot,
        ship_to_location,
        invoice_no
    from source
)

select * from renamed
