{{ config(alias='mart_rebate_statement') }}

{{ shared('mart_rebate_statement') }}
