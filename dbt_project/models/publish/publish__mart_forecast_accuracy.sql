{{ config(alias='mart_forecast_accuracy') }}

{{ published('mart_forecast_accuracy') }}
