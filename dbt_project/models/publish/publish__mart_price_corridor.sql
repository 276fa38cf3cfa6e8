{{ config(alias='mart_price_corridor') }}

{{ published('mart_price_corridor') }}
