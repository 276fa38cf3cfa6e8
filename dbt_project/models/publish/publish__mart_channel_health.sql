{{ config(alias='mart_channel_health') }}

{{ published('mart_channel_health') }}
