-- The market index as it was published, every vintage; exchange rates are no index.
select i.series, i.period, cast(i.value as double precision) as value, cast(i.published_at as date) as published_at
from staging.stg_vendor__market_index as i
inner join ctl.submission as s on i.submission_id = s.submission_id
where s.status = 'accepted' and i.series not like 'FX:%'
