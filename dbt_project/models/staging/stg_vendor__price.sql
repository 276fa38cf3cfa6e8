with source as (
    select * from {{ source('raw', 'price') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        doc_no,
        line_no,
        revision,
        kind as price_kind,
        for_dealer as dealer_id,
        end_customer,
        region,
        maker,
        mpn,
        price,
        min_resale,
        max_resale,
        qty_cap,
        valid_from,
        valid_to,
        approved_by
    from source
)

select * from renamed
