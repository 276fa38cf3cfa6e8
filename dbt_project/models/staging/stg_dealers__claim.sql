with source as (
    select * from {{ source('raw', 'claim') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        claim_no,
        line_no,
        spa_no,
        invoice_no,
        invoice_line,
        maker,
        mpn,
        claim_qty,
        basis_price,
        contract_price,
        claim_amount,
        claim_date
    from source
)

select * from renamed
