{{ config(alias='fct_logistics_event') }}

{{ published('fct_logistics_event') }}
