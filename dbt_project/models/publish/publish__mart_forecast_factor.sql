{{ config(alias='mart_forecast_factor') }}

{{ published('mart_forecast_factor') }}
