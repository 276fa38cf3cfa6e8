{{ config(alias='mart_alert') }}

{{ published('mart_alert') }}
