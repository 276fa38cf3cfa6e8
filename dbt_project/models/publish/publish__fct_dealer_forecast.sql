{{ config(alias='fct_dealer_forecast') }}

{{ published('fct_dealer_forecast') }}
