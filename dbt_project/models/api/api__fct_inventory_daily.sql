{{ config(alias='fct_inventory_daily') }}

{{ shared('fct_inventory_daily') }}
