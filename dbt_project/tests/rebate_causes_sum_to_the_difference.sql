-- The causes of a true-up or clawback sum to it.
select
    s.statement_id,
    s.amount - s.settled_before as difference,
    sum(t.amount) as by_cause
from {{ ref('mart_rebate_statement') }} as s
left join {{ ref('mart_rebate_true_up') }} as t on s.batch_id = t.batch_id and s.statement_id = t.statement_id
where
    s.batch_id = {{ var('batch_id') | int }}
    and s.settled_version > 0
group by
    s.statement_id,
    s.amount,
    s.settled_before
having s.amount - s.settled_before <> coalesce(sum(t.amount), 0)
