{{ config(alias='fct_diversion_evidence') }}

{{ published('fct_diversion_evidence') }}
