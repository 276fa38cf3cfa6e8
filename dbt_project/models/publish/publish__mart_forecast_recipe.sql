{{ config(alias='mart_forecast_recipe') }}

{{ published('mart_forecast_recipe') }}
