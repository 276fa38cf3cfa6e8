{{ config(alias='fct_enablement_event') }}

{{ published('fct_enablement_event') }}
