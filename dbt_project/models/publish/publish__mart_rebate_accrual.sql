{{ config(alias='mart_rebate_accrual') }}

{{ published('mart_rebate_accrual') }}
