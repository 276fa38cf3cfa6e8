-- The newest revision of each line of a price document.
with submission as (
    select * from {{ visible_submissions() }} as v
    where report = 'price'
),

ranked as (
    select
        line.*,
        submission.currency as reported_currency,
        row_number() over (
            partition by line.doc_no, line.line_no
            order by line.revision desc, submission.reported_at desc, submission.submission_id desc, line.row_no desc
        ) as place
    from {{ ref('stg_vendor__price') }} as line
    inner join submission on line.submission_id = submission.submission_id
)

select * from ranked
where place = 1
