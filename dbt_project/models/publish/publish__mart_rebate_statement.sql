{{ config(alias='mart_rebate_statement') }}

-- what is settled is read from the ledger, so that a settlement shows without a new batch
with statement as (
    select mart.*
    from {{ ref('mart_rebate_statement') }} as mart
    inner join {{ source('ctl', 'published_slice') }} as pointer
        on
            mart.batch_id = pointer.batch_id
            and mart.slice = pointer.slice
            and pointer.mart = 'mart_rebate_statement'
),

paid as (
    select
        statement_id,
        max(version) as settled_version,
        sum(delta) as settled
    from {{ ref('mart_rebate_settlement') }}
    group by statement_id
)

select
    statement.batch_id,
    statement.slice,
    statement.statement_id,
    statement.version,
    statement.dealer_id,
    statement.programme,
    statement.component,
    statement.rule_version,
    statement.period_end,
    case
        when statement.period_end >= cast({{ dbt.current_timestamp() }} as date) then 'accruing'
        when statement.amount = coalesce(paid.settled, 0) then 'settled'
        else 'open'
    end as state,
    statement.unit,
    statement.line_count,
    statement.measure,
    statement.before_measure,
    statement.baseline_measure,
    statement.lower_levels,
    statement.evaluated,
    statement.band_no,
    statement.band_from,
    statement.rate,
    statement.earned,
    statement.bound,
    statement.report_quality,
    statement.ineligible_reason,
    statement.amount,
    statement.to_next_band,
    statement.amount_at_next_band,
    cast(coalesce(paid.settled_version, 0) as integer) as settled_version,
    cast(coalesce(paid.settled, 0) as numeric(18, 2)) as settled,
    cast(statement.amount - coalesce(paid.settled, 0) as numeric(18, 2)) as open_amount,
    statement.vat_rate
from statement
left join paid on statement.statement_id = paid.statement_id
