{{ config(alias='mart_reconciliation') }}

{{ published('mart_reconciliation') }}
