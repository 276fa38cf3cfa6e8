{{ config(alias='fct_rebate_line') }}

{{ published('fct_rebate_line') }}
