{{ config(alias='mart_inventory_health') }}

{{ shared('mart_inventory_health') }}
