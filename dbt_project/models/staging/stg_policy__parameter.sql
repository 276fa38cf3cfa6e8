select
    policy,
    version as policy_version,
    parameter,
    value
from {{ source('policy', 'parameter') }}
