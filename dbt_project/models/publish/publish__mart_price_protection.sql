{{ config(alias='mart_price_protection') }}

{{ published('mart_price_protection') }}
