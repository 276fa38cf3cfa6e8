{{ config(alias='fct_reconciliation') }}

{{ published('fct_reconciliation') }}
