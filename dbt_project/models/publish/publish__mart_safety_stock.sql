{{ config(alias='mart_safety_stock') }}

{{ published('mart_safety_stock') }}
