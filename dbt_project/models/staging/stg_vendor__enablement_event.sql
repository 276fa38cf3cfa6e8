with source as (
    select * from {{ source('raw', 'enablement_event') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        event_id,
        dealer_code as dealer_id,
        kind as event_kind,
        opened_at,
        first_reply_at,
        closed_at,
        maker,
        mpn,
        end_customer,
        topic,
        outcome,
        csat
    from source
)

select * from renamed
