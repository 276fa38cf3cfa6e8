{{ config(alias='fct_complaint') }}

{{ published('fct_complaint') }}
