-- Each line of a period, as each of its programmes counts it.
with part as (
    select * from {{ ref('int_rebate__part') }}
),

line as (
    {{ rebate_lines(candidate, rebate_months('period')) | indent(4) }}
)

select
    rule.slice,
    rule.programme,
    rule.rule_version,
    rule.component,
    rule.mode,
    rule.basis,
    rule.rounding_mode,
    rule.rounding_level,
    line.source,
    line.submission_id,
    line.row_no,
    line.dealer_id,
    line.product_id,
    line.business_date,
    line.document_no,
    line.line_no,
    line.line_type,
    {{ rebate_measure('line', 'rule', 'fx') }} as measure
from line
inner join part on line.product_id = part.product_id
inner join {{ rebate_rule() }} as rule
    on
        part.programme = rule.programme
        and part.rule_version = rule.rule_version
        and {{ rebate_counts('line', 'rule') }}
        and {{ rebate_month('line', 'rule') }} between rule.slice and rule.last_month
inner join {{ ref('int_rebate__dealer') }} as dealer
    on
        rule.slice = dealer.slice
        and rule.programme = dealer.programme
        and line.dealer_id = dealer.dealer_id
left join {{ ref('int_rebate__rate') }} as fx
    on
        rule.slice = fx.slice
        and rule.last_month = fx.last_month
        and line.currency = fx.currency
