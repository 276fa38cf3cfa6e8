{{ config(alias='mart_forecast') }}

{{ published('mart_forecast') }}
