with source as (
    select * from {{ source('raw', 'dealer_forecast') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        maker,
        mpn,
        week,
        submitted_on,
        qty
    from source
)

select * from renamed
