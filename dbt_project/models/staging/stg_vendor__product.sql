with source as (
    select * from {{ source('raw', 'product') }}
),

renamed as (
    select
        submission_id,
        row_no,
        line_hash,
        maker,
        mpn,
        family,
        spq,
        moq,
        lead_time_days,
        stage,
        launch_date,
        pcn_date,
        last_buy,
        last_ship,
        successor,
        list_price,
        aliases
    from source
)

select * from renamed
