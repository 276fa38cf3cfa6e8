-- The lines of a statement sum to it, to the cent.
select
    s.statement_id,
    s.amount,
    sum(l.amount) as lines
from {{ ref('mart_rebate_statement') }} as s
left join {{ ref('fct_rebate_line') }} as l on s.batch_id = l.batch_id and s.statement_id = l.statement_id
where s.batch_id = {{ var('batch_id') | int }}
group by
    s.statement_id,
    s.amount
having s.amount <> coalesce(sum(l.amount), 0)
