{{ config(alias='mart_order_sla') }}

{{ published('mart_order_sla') }}
