with source as (
    select * from {{ source('raw', 'logistics_event') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        event_id,
        shipment_no,
        code as event_code,
        event_ts,
        place,
        carrier
    from source
)

select * from renamed
