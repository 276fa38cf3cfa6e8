{{ config(alias='mart_channel_health') }}

{{ shared('mart_channel_health') }}
