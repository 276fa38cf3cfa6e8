{{ config(alias='fct_order') }}

{{ published('fct_order') }}
