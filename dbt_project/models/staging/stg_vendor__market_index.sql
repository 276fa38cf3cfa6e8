with source as (
    select * from {{ source('raw', 'market_index') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        series,
        period,
        vintage,
        value,
        published_at,
        source,
        licence
    from source
)

select * from renamed
