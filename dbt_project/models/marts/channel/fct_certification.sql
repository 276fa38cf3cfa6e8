with line as (
    select * from {{ ref('int_certification__normalised') }}
    where held_code is null
)

select
    cast({{ var('batch_id') | int }} as bigint) as batch_id,
    line.slice,
    line.submission_id,
    line.row_no,
    line.dealer_id,
    line.assessed_at,
    line.valid_to,
    line.technical,
    line.capital,
    line.focus,
    line.evidence_ref,
    line.assessor,
    line.override_tier,
    line.override_reason,
    line.override_approved_by
from line
