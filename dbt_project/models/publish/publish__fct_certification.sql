{{ config(alias='fct_certification') }}

{{ published('fct_certification') }}
