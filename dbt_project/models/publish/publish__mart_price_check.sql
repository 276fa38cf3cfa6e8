{{ config(alias='mart_price_check') }}

{{ published('mart_price_check') }}
