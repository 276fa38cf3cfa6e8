{{ config(alias='mart_inventory_health') }}

{{ published('mart_inventory_health') }}
