{{ config(alias='mart_channel_structure') }}

{{ published('mart_channel_structure') }}
