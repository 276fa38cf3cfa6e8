-- Up to which day each dealer has reported its sales.
select dealer_id, max(period_end) as through
from ctl.submission
where status = 'accepted' and report = 'pos' and dealer_id in (select dealer_id from publish.fct_pos)
group by dealer_id
