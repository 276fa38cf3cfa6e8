{{ config(alias='fct_inventory_rollforward') }}

{{ published('fct_inventory_rollforward') }}
