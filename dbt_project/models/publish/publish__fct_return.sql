{{ config(alias='fct_return') }}

{{ published('fct_return') }}
