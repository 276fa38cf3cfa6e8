{{ config(alias='mart_forecast') }}

{{ shared('mart_forecast') }}
