{{ config(alias='mart_safety_stock') }}

{{ shared('mart_safety_stock') }}
