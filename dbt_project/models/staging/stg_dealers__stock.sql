with source as (
    select * from {{ source('raw', 'stock') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        location_id,
        maker,
        mpn,
        qty,
        ownership,
        status as stock_status,
        book_cost,
        lot,
        date_code,
        oldest_receipt_date,
        as_of
    from source
)

select * from renamed
