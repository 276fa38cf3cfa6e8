{{ config(materialized='view_in_place') }}

-- the ledger itself, not a version of it
select
    posting.posting_id,
    posting.journal,
    posting.statement_id,
    posting.version,
    posting.line_no,
    posting.accounting_month,
    posting.account,
    account.role as account_role,
    account.name_en as account_name_en,
    account.name_zh as account_name_zh,
    posting.debit,
    posting.credit,
    posting.dealer_id,
    posting.programme,
    posting.credit_note_no,
    posting.posted_at
from {{ source('rebate', 'posting') }} as posting
left join {{ ref('gl_account') }} as account on posting.account = account.account
