{{ config(alias='mart_enablement_effect') }}

{{ published('mart_enablement_effect') }}
