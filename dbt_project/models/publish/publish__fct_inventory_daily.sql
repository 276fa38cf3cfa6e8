{{ config(alias='fct_inventory_daily') }}

{{ published('fct_inventory_daily') }}
