with known as (
    select * from {{ source('policy', 'version') }}
    where released_at <= {{ known_at() }}
)

select
    policy,
    version as policy_version,
    valid_from,
    lead(valid_from) over (partition by policy order by version) as valid_until
from known
