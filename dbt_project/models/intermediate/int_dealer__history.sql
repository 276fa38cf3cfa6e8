-- From which day on a dealer has reported at all: before it, silence says nothing.
select
    dealer_id,
    report,
    min(period_start) as first_day
from {{ visible_submissions() }} as v
where period_start is not null
group by
    dealer_id,
    report
