with source as (
    select * from {{ source('raw', 'complaint') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        event_id,
        dealer_code as dealer_id,
        kind as complaint_kind,
        against_dealer as against_dealer_id,
        region,
        maker,
        mpn,
        opened_on,
        closed_on,
        outcome
    from source
)

select * from renamed
