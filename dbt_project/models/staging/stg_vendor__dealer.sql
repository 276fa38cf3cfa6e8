with source as (
    select * from {{ source('raw', 'dealer') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        dealer_code as dealer_id,
        name as dealer_name,
        parent,
        role,
        regions,
        industries,
        usc_code,
        currency,
        credit_limit,
        onboarding_date,
        status as dealer_status,
        valid_from
    from source
)

select * from renamed
