{{ config(alias='mart_rebate_true_up') }}

{{ published('mart_rebate_true_up') }}
