with source as (
    select * from {{ source('raw', 'pos') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        invoice_no,
        line_no,
        type as line_type,
        invoice_date,
        ship_date,
        maker,
        mpn,
        qty,
        resale_price,
        book_cost,
        sold_to,
        end_customer,
        ship_to_country,
        ship_to_region,
        end_application,
        customer_po,
        spa_no,
        design_reg_no,
        lot,
        serial,
        original_invoice
    from source
)

select * from renamed
