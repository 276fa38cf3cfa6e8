with source as (
    select * from {{ source('raw', 'quality_feedback') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        event_id,
        dealer_code as dealer_id,
        maker,
        mpn,
        lot,
        serial,
        end_customer,
        detected_at,
        failure_code,
        qty_failed,
        qty_inspected,
        disposition
    from source
)

select * from renamed
