{{ config(alias='mart_tier') }}

{{ published('mart_tier') }}
