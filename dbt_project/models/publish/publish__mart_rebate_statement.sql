{{ config(alias='mart_rebate_statement') }}

{{ published('mart_rebate_statement') }}
