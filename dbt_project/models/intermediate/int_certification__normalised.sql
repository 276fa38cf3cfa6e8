select
    c.*,
    {{ month_of('c.assessed_at') }} as slice,
    case when known.dealer_id is null then 'E_DEALER_UNKNOWN' end as held_code
from {{ ref('int_certification__current') }} as c
left join {{ known_dealers() }} as known on c.dealer_id = known.dealer_id
