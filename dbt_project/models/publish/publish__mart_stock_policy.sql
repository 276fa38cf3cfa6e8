{{ config(alias='mart_stock_policy') }}

{{ published('mart_stock_policy') }}
