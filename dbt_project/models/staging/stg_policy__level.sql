select
    policy,
    version as policy_version,
    level,
    rank,
    from_score,
    benefits_en,
    benefits_zh
from {{ source('policy', 'level') }}
