select
    policy,
    version as policy_version,
    valid_from,
    released_at
from {{ source('policy', 'version') }}
