-- Rate of the period's last month, else of the newest month before that has one.
with rule as (
    select distinct
        slice,
        last_month
    from {{ rebate_rule() }}
),

rate as (
    select
        rule.slice,
        rule.last_month,
        fx.currency,
        fx.rate,
        row_number() over (
            partition by rule.slice, rule.last_month, fx.currency
            order by fx.month desc
        ) as place
    from rule
    inner join {{ ref('int_fx__monthly') }} as fx on rule.last_month >= fx.month
)

select
    slice,
    last_month,
    currency,
    rate
from rate
where place = 1
