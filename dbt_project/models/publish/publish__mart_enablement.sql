{{ config(alias='mart_enablement') }}

{{ published('mart_enablement') }}
