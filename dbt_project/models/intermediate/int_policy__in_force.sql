with known as (
    select * from {{ ref('stg_policy__version') }}
    where released_at <= {{ known_at() }}
)

select
    policy,
    policy_version,
    valid_from,
    lead(valid_from) over (partition by policy order by policy_version) as valid_until
from known
