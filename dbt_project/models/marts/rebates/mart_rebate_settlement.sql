{{ config(materialized='view_in_place') }}

-- the ledger itself, not a version of it: what is settled is settled at once for every reader
select
    settlement.statement_id,
    settlement.version,
    settlement.dealer_id,
    settlement.programme,
    settlement.component,
    settlement.rule_version,
    settlement.period_start,
    settlement.period_end,
    settlement.amount,
    settlement.delta,
    settlement.vat_rate,
    settlement.vat,
    settlement.credit_note_no,
    settlement.proposal_id,
    decision.proposed_by,
    decision.decided_by as approved_by,
    decision.decided_at as approved_at,
    decision.numbers_hash,
    settlement.batch_id,
    settlement.known_at,
    settlement.posted_at
from {{ source('rebate', 'settlement') }} as settlement
inner join {{ source('rebate', 'decision') }} as decision on settlement.proposal_id = decision.proposal_id
