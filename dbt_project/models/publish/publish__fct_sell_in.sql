{{ config(alias='fct_sell_in') }}

{{ published('fct_sell_in') }}
