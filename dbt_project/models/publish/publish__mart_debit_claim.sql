{{ config(alias='mart_debit_claim') }}

{{ published('mart_debit_claim') }}
