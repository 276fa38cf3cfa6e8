select
    policy,
    version as policy_version,
    part,
    weight
from {{ source('policy', 'weight') }}
