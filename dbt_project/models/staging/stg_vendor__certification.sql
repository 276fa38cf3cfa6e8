with source as (
    select * from {{ source('raw', 'certification') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        dealer_code as dealer_id,
        assessed_at,
        technical,
        capital,
        focus,
        evidence_ref,
        assessor,
        valid_to,
        override_tier,
        override_reason,
        override_approved_by
    from source
)

select * from renamed
