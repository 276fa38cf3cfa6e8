{{ config(
    materialized='ephemeral',
) }}
{%- set months = affected_months('mart_debit_claim') %}
-- with all claims before: a claim uses up what its sale and its authorisation allow
with {{ current_lines(
    'claim',
    'stg_dealers__claim',
    business_date='claim_date',
    key=['claim_no', 'line_no'],
    months=all_months_to(months),
) }}

select * from current_line
